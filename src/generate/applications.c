/* SPDX-License-Identifier: MIT
 * The made-up applications: what they say, ask, look up and where they send a caller. */
#include "generate/script.h"

/* clang-format off */
#define EN(words) [ENGLISH] = TEXT(words)
#define ES(words) [SPANISH] = TEXT(words)
#define DE(words) [GERMAN] = TEXT(words)
#define FR(words) [FRENCH] = TEXT(words)
#define JA(words) [JAPANESE] = TEXT(words)

#define SAY(name, ...) \
	{.kind = OP_SAY, .module = TEXT("prompt"), .variable = TEXT(name), \
	 .phrase = {{__VA_ARGS__}}}
#define TELL(name, what, count, ...) \
	{.kind = OP_TELL, .value = what, .digits = count, .module = TEXT("prompt"), \
	 .variable = TEXT(name), .phrase = {{__VA_ARGS__}}}
#define ASK(type, name, what, count, ...) \
	{.kind = OP_ASK, .value = what, .digits = count, .module = TEXT(type), \
	 .variable = TEXT(name), .phrase = {{__VA_ARGS__}}}
#define ACT(op, type, name, where) \
	{.kind = op, .module = TEXT(type), .variable = TEXT(name), .target = TEXT(where)}
#define END {.kind = OP_END}
#define TASK(share, script, ...) {.weight = share, .ops = script, .offer = {{__VA_ARGS__}}}

static const struct op bank_opening[] = {
	SAY("welcome",
		EN("Thank you for calling Harbor Savings Bank. Calls may be recorded."),
		ES("Gracias por llamar a Harbor Savings Bank. Las llamadas pueden ser grabadas.")),
	ACT(OP_LOOKUP, "rest", "customer", "https://api.example.com/bank/customers/by-number"),
	ASK("digits", "account_number", VALUE_DIGITS, 10,
		EN("Please enter your ten digit account number."),
		ES("Introduzca su número de cuenta de diez dígitos.")),
	ASK("digits", "pin", VALUE_DIGITS, 4,
		EN("Now enter your four digit telephone banking PIN."),
		ES("Ahora introduzca su PIN de banca telefónica de cuatro dígitos.")),
	ACT(OP_LOOKUP, "soap", "authentication", "https://core.example.com/soap/Authentication"),
	ACT(OP_SCRIPT, "eval_js", "authenticated", ""),
	END,
};

static const struct op bank_balance[] = {
	ACT(OP_LOOKUP, "rest", "balance", "https://api.example.com/bank/accounts/balance"),
	TELL("balance", VALUE_MONEY, 0,
		EN("Your available balance is: "), ES("Su saldo disponible es: ")),
	TELL("last_deposit", VALUE_DATE, 0,
		EN("Your last deposit was received on: "), ES("Su último ingreso se recibió el: ")),
	END,
};

static const struct op bank_payment[] = {
	ASK("number", "amount", VALUE_COUNT, 4,
		EN("How much would you like to pay? Enter whole dollars."),
		ES("¿Cuánto desea pagar? Introduzca dólares enteros.")),
	ASK("date", "payment_date", VALUE_DATE, 0,
		EN("On which day? Enter two digits for the month and two for the day."),
		ES("¿Qué día? Introduzca dos dígitos para el mes y dos para el día.")),
	ASK("yes_no", "confirm_payment", VALUE_BOOLEAN, 0,
		EN("To confirm this payment, press 1. To cancel it, press 2."),
		ES("Para confirmar el pago, pulse 1. Para cancelarlo, pulse 2.")),
	ACT(OP_LOOKUP, "soap", "payment", "https://core.example.com/soap/Payments"),
	TELL("confirmation", VALUE_DIGITS, 8,
		EN("Your payment is scheduled. The confirmation number is: "),
		ES("Su pago está programado. El número de confirmación es: ")),
	END,
};

static const struct op bank_card[] = {
	ASK("digits", "card_last_four", VALUE_DIGITS, 4,
		EN("Please enter the last four digits of the card."),
		ES("Introduzca los cuatro últimos dígitos de la tarjeta.")),
	ACT(OP_LOOKUP, "rest", "block_card", "https://api.example.com/bank/cards/block"),
	SAY("card_blocked",
		EN("The card is blocked. A specialist will now help you to order a new one."),
		ES("La tarjeta está bloqueada. Un especialista le ayudará a pedir una nueva.")),
	ACT(OP_QUEUE, "queue", "cards_queue", "Cards"),
	ACT(OP_TRANSFER, "transfer", "cards_agent", "6177129100"),
	END,
};

static const struct op bank_agent[] = {
	ACT(OP_QUEUE, "queue", "banking_queue", "Retail Banking"),
	ACT(OP_TRANSFER, "transfer", "banking_agent", "6177129000"),
	END,
};

static const struct op clinic_opening[] = {
	SAY("begruessung",
		DE("Willkommen beim Klinikum am Fluss, Zentrale Terminvergabe."),
		EN("Welcome to the Riverside Clinic, appointments desk.")),
	ACT(OP_LOOKUP, "rest", "oeffnungszeiten", "https://api.example.com/clinic/opening-hours"),
	ACT(OP_SCRIPT, "eval_js", "geoeffnet", ""),
	ASK("yes_no", "notfall", VALUE_BOOLEAN, 0,
		DE("Handelt es sich um einen Notfall? Für ja drücken Sie die 1, für nein die 2."),
		EN("Is this an emergency? For yes, press 1. For no, press 2.")),
	END,
};

static const struct op clinic_termin[] = {
	ASK("menu", "fachrichtung", VALUE_MENU, 5,
		DE("Für Innere Medizin drücken Sie die 1, für Chirurgie die 2, für Orthopädie "
			"die 3, für Radiologie die 4, für alles andere die 5."),
		EN("For internal medicine, press 1. For surgery, press 2. For orthopaedics, "
			"press 3. For radiology, press 4. For anything else, press 5.")),
	ASK("date", "geburtsdatum", VALUE_DATE, 0,
		DE("Bitte geben Sie Ihr Geburtsdatum ein, zum Beispiel 0 5 0 3 1 9 7 2."),
		EN("Please enter your date of birth, for example 0 5 0 3 1 9 7 2.")),
	ACT(OP_LOOKUP, "rest", "freie_termine", "https://api.example.com/clinic/slots"),
	TELL("vorschlag", VALUE_DATE, 0,
		DE("Der nächste freie Termin ist am: "), EN("The next free appointment is on: ")),
	TELL("vorschlag_uhrzeit", VALUE_TIME, 0, DE("Um: "), EN("At: ")),
	ASK("yes_no", "termin_annehmen", VALUE_BOOLEAN, 0,
		DE("Möchten Sie diesen Termin? Für ja drücken Sie die 1, sonst die 2."),
		EN("Would you like this appointment? For yes, press 1. Otherwise, press 2.")),
	ACT(OP_LOOKUP, "rest", "termin_buchen", "https://api.example.com/clinic/appointments"),
	ACT(OP_MESSAGE, "sms", "bestaetigung", "appointment-confirmation"),
	END,
};

static const struct op clinic_absage[] = {
	ASK("digits", "terminnummer", VALUE_DIGITS, 6,
		DE("Bitte geben Sie Ihre sechsstellige Terminnummer ein."),
		EN("Please enter your six digit appointment number.")),
	ACT(OP_LOOKUP, "rest", "termin_absagen",
		"https://api.example.com/clinic/appointments/cancel"),
	SAY("abgesagt",
		DE("Ihr Termin ist abgesagt. Vielen Dank, dass Sie Bescheid geben."),
		EN("Your appointment is cancelled. Thank you for letting us know.")),
	END,
};

static const struct op clinic_rezept[] = {
	ACT(OP_RECORD, "record", "rezeptwunsch", ""),
	SAY("rezept_bereit",
		DE("Ihr Rezept liegt ab morgen Mittag am Empfang bereit."),
		EN("Your prescription will be at the front desk from noon tomorrow.")),
	END,
};

static const struct op clinic_anmeldung[] = {
	ACT(OP_QUEUE, "queue", "anmeldung_warteschlange", "Anmeldung"),
	ACT(OP_TRANSFER, "transfer", "anmeldung", "493012900"),
	END,
};

static const struct op utility_opening[] = {
	SAY("accueil",
		FR("Bienvenue chez Énergie du Littoral, service clients et dépannage."),
		EN("Welcome to Coastline Energy, customer service and outages.")),
	ASK("digits", "code_postal", VALUE_DIGITS, 5,
		FR("Veuillez saisir votre code postal."), EN("Please enter your postcode.")),
	ACT(OP_LOOKUP, "rest", "incidents", "https://api.example.com/grid/outages"),
	END,
};

static const struct op utility_panne[] = {
	ASK("address", "adresse_panne", VALUE_COUNT, 3,
		FR("Dites ou saisissez le numéro de votre rue."),
		EN("Say or enter the number of your house.")),
	ACT(OP_LOOKUP, "rest", "compteur", "https://api.example.com/grid/meters/ping"),
	TELL("retablissement", VALUE_TIME, 0,
		FR("Nos équipes sont informées. Le courant sera rétabli vers : "),
		EN("Our teams know about it. Power should be back at: ")),
	ASK("yes_no", "rappel", VALUE_BOOLEAN, 0,
		FR("Voulez-vous un message dès que le courant est rétabli ? Si oui, tapez 1. "
			"Sinon, tapez 2."),
		EN("Would you like a message when power is back? For yes, press 1. Otherwise, "
			"press 2.")),
	ACT(OP_MESSAGE, "sms", "message_retablissement", "outage-restored"),
	END,
};

static const struct op utility_releve[] = {
	ASK("digits", "numero_compteur", VALUE_DIGITS, 8,
		FR("Saisissez les huit derniers chiffres de votre compteur."),
		EN("Enter the last eight digits of your meter.")),
	ASK("number", "index", VALUE_COUNT, 6,
		FR("Saisissez l'index, sans les chiffres après la virgule."),
		EN("Enter the reading, without the digits after the point.")),
	ACT(OP_LOOKUP, "soap", "enregistrer_index", "https://core.example.com/soap/MeterReadings"),
	TELL("consommation", VALUE_COUNT, 4,
		FR("Merci. Votre consommation en kilowattheures est de : "),
		EN("Thank you. Your consumption in kilowatt hours is: ")),
	END,
};

static const struct op utility_facture[] = {
	ASK("digits", "numero_client", VALUE_DIGITS, 9,
		FR("Saisissez votre numéro de client."), EN("Enter your customer number.")),
	ACT(OP_LOOKUP, "rest", "facture", "https://api.example.com/billing/invoices/latest"),
	TELL("montant", VALUE_MONEY, 0,
		FR("Le montant de votre dernière facture est de : "), EN("Your last bill is: ")),
	TELL("echeance", VALUE_DATE, 0, FR("Elle est à régler avant le : "), EN("It is due by: ")),
	END,
};

static const struct op utility_conseiller[] = {
	ACT(OP_QUEUE, "queue", "file_conseillers", "Conseillers"),
	ACT(OP_TRANSFER, "transfer", "conseiller", "33199009000"),
	END,
};

static const struct op parcel_opening[] = {
	SAY("greeting",
		JA("お電話ありがとうございます。みなと運輸、再配達受付センターです。"),
		EN("Thank you for calling Minato Transport, redelivery desk.")),
	ACT(OP_SCRIPT, "eval_js", "business_hours", ""),
	END,
};

static const struct op parcel_redelivery[] = {
	ASK("digits", "tracking_number", VALUE_DIGITS, 12,
		JA("12桁の伝票番号を入力してください。"),
		EN("Please enter the twelve digit tracking number.")),
	ACT(OP_LOOKUP, "rest", "tracking", "https://api.example.com/parcels/status"),
	ASK("date", "delivery_date", VALUE_DATE, 0,
		JA("ご希望の日付を4桁で入力してください。"),
		EN("Enter the day you would like, in four digits.")),
	ASK("menu", "delivery_slot", VALUE_MENU, 4,
		JA("午前中は1、14時から16時は2、16時から18時は3、18時以降は4を押してください。"),
		EN("For the morning, press 1. For 2 to 4, press 2. For 4 to 6, press 3. For the "
			"evening, press 4.")),
	ACT(OP_LOOKUP, "rest", "redelivery", "https://api.example.com/parcels/redelivery"),
	TELL("receipt_number", VALUE_DIGITS, 6,
		JA("承りました。受付番号は次のとおりです: "),
		EN("Your redelivery is booked. The receipt number is: ")),
	END,
};

static const struct op parcel_status[] = {
	ASK("digits", "tracking_number", VALUE_DIGITS, 12,
		JA("12桁の伝票番号を入力してください。"),
		EN("Please enter the twelve digit tracking number.")),
	ACT(OP_LOOKUP, "rest", "tracking", "https://api.example.com/parcels/status"),
	TELL("expected", VALUE_DATE, 0,
		JA("お届け予定日は次のとおりです: "), EN("It is expected on: ")),
	END,
};

static const struct op parcel_pickup[] = {
	ASK("digits", "postcode", VALUE_DIGITS, 7,
		JA("7桁の郵便番号を入力してください。"),
		EN("Please enter your seven digit postcode.")),
	ASK("number", "parcels", VALUE_COUNT, 2,
		JA("お荷物の個数を入力してください。"), EN("Enter the number of parcels.")),
	ACT(OP_LOOKUP, "rest", "pickup", "https://api.example.com/parcels/pickups"),
	ACT(OP_MESSAGE, "sms", "pickup_message", "pickup-booked"),
	END,
};

static const struct op parcel_operator[] = {
	ACT(OP_QUEUE, "queue", "operator_queue", "オペレーター"),
	ACT(OP_TRANSFER, "transfer", "operator", "8150309000"),
	END,
};

static const struct op helpdesk_opening[] = {
	SAY("hello",
		EN("This is the IT service desk."), DE("Hier ist der IT-Servicedesk."),
		ES("Servicio de asistencia informática.")),
	ASK("digits", "employee_id", VALUE_DIGITS, 6,
		EN("Please enter your six digit employee number."),
		DE("Bitte geben Sie Ihre sechsstellige Personalnummer ein."),
		ES("Introduzca su número de empleado de seis dígitos.")),
	ACT(OP_LOOKUP, "rest", "employee", "https://api.example.com/directory/employees"),
	END,
};

static const struct op helpdesk_password[] = {
	ACT(OP_MESSAGE, "sms", "one_time_code", "one-time-code"),
	ASK("digits", "one_time_code", VALUE_DIGITS, 6,
		EN("Enter the six digits that we sent to your mobile phone."),
		DE("Geben Sie die sechs Ziffern ein, die wir Ihnen aufs Handy geschickt haben."),
		ES("Introduzca los seis dígitos que hemos enviado a su móvil.")),
	ACT(OP_SCRIPT, "eval_js", "code_matches", ""),
	ACT(OP_LOOKUP, "rest", "reset_password", "https://api.example.com/directory/reset"),
	SAY("reset_done",
		EN("Your password is reset. You will get the new one by text message."),
		DE("Ihr Passwort ist zurückgesetzt. Das neue kommt als Kurznachricht."),
		ES("Su contraseña ha sido restablecida. Recibirá la nueva por mensaje.")),
	END,
};

static const struct op helpdesk_ticket[] = {
	ASK("digits", "ticket", VALUE_DIGITS, 7,
		EN("Enter the seven digit ticket number."),
		DE("Geben Sie die siebenstellige Ticketnummer ein."),
		ES("Introduzca el número de incidencia de siete dígitos.")),
	ACT(OP_LOOKUP, "rest", "ticket", "https://api.example.com/tickets/state"),
	TELL("ticket_due", VALUE_DATE, 0,
		EN("Your ticket is being worked on. It should be solved by: "),
		DE("Ihr Ticket ist in Arbeit. Voraussichtlich gelöst am: "),
		ES("Su incidencia está en curso. Fecha prevista de solución: ")),
	END,
};

static const struct op helpdesk_fault[] = {
	ACT(OP_RECORD, "record", "fault_description", ""),
	ACT(OP_LOOKUP, "rest", "new_ticket", "https://api.example.com/tickets"),
	TELL("new_ticket", VALUE_DIGITS, 7,
		EN("Thank you. Your ticket number is: "), DE("Danke. Ihre Ticketnummer ist: "),
		ES("Gracias. Su número de incidencia es: ")),
	END,
};

static const struct op helpdesk_technician[] = {
	ACT(OP_QUEUE, "queue", "technicians", "Technicians"),
	ACT(OP_TRANSFER, "transfer", "technician", "6175559000"),
	END,
};

static const struct op survey_opening[] = {
	SAY("introduction",
		EN("Hello, we are calling about your recent visit. This takes about two minutes."),
		ES("Hola, le llamamos por su reciente visita. Tardaremos unos dos minutos."),
		FR("Bonjour, nous vous appelons au sujet de votre récente visite. Deux minutes "
			"suffisent."),
		DE("Guten Tag, wir rufen wegen Ihres letzten Besuchs an. Es dauert etwa zwei "
			"Minuten.")),
	ASK("yes_no", "consent", VALUE_BOOLEAN, 0,
		EN("May we ask you a few questions? For yes, press 1. For no, press 2."),
		ES("¿Podemos hacerle unas preguntas? Para sí, pulse 1. Para no, pulse 2."),
		FR("Pouvons-nous vous poser quelques questions ? Pour oui, tapez 1. Pour non, "
			"tapez 2."),
		DE("Dürfen wir Ihnen ein paar Fragen stellen? Für ja drücken Sie die 1, für "
			"nein die 2.")),
	ASK("number", "friendliness", VALUE_MENU, 5,
		EN("How friendly was our staff? Press a number from 1, not at all, to 5, very."),
		ES("¿Fue amable nuestro personal? Pulse un número del 1, nada, al 5, mucho."),
		FR("Notre personnel était-il aimable ? Tapez un chiffre de 1, pas du tout, à 5, "
			"très."),
		DE("Wie freundlich waren wir? Drücken Sie eine Zahl von 1, gar nicht, bis 5, "
			"sehr.")),
	ASK("number", "waiting", VALUE_MENU, 5,
		EN("How satisfied were you with the waiting time? Press a number from 1 to 5."),
		ES("¿Quedó satisfecho con el tiempo de espera? Pulse un número del 1 al 5."),
		FR("Étiez-vous satisfait du temps d'attente ? Tapez un chiffre de 1 à 5."),
		DE("Wie zufrieden waren Sie mit der Wartezeit? Drücken Sie eine Zahl von 1 bis "
			"5.")),
	ASK("number", "recommend", VALUE_MENU, 9,
		EN("How likely are you to recommend us? Press a number from 1 to 9."),
		ES("¿Nos recomendaría? Pulse un número del 1 al 9."),
		FR("Nous recommanderiez-vous ? Tapez un chiffre de 1 à 9."),
		DE("Würden Sie uns weiterempfehlen? Drücken Sie eine Zahl von 1 bis 9.")),
	ACT(OP_SCRIPT, "eval_js", "score", ""),
	ACT(OP_RECORD, "record", "comment", ""),
	ACT(OP_LOOKUP, "rest", "store_answers", "https://api.example.com/surveys/answers"),
	END,
};

static const struct op desk_opening[] = {
	ACT(OP_LOOKUP, "rest", "ticket", "https://api.example.com/desk/context"),
	TELL("caller_waited", VALUE_COUNT, 2,
		EN("You have a transferred call. Seconds in the queue: "),
		DE("Sie haben einen übergebenen Anruf. Sekunden in der Warteschlange: "),
		FR("Vous avez un appel transféré. Secondes dans la file : ")),
	ASK("menu", "accept", VALUE_MENU, 2,
		EN("To take the call, press 1. To pass it on, press 2."),
		DE("Um den Anruf anzunehmen, drücken Sie die 1, um ihn weiterzugeben, die 2."),
		FR("Pour prendre l'appel, tapez 1. Pour le passer, tapez 2.")),
	ACT(OP_TRANSFER, "transfer", "agent_leg", "6177129001"),
	ASK("menu", "disposition", VALUE_MENU, 6,
		EN("The call has ended. Enter its outcome, from 1 to 6."),
		DE("Der Anruf ist beendet. Geben Sie das Ergebnis ein, von 1 bis 6."),
		FR("L'appel est terminé. Saisissez son issue, de 1 à 6.")),
	ACT(OP_LOOKUP, "rest", "store_disposition", "https://api.example.com/desk/dispositions"),
	END,
};

const struct application applications[] = {
	{
		.name = TEXT("Retail Banking"),
		.versions = {TEXT("4.2"), TEXT("4.3"), TEXT("5.0")},
		.revision_id = TEXT("61231"),
		.weight = 26,
		.languages = {[ENGLISH] = 7, [SPANISH] = 3},
		.dialled = TEXT("617712"),
		.opening = bank_opening,
		.menu = {{EN("Main menu."), ES("Menú principal.")}},
		.tasks = {
			TASK(40, bank_balance,
				EN("For your balance, press 1."),
				ES("Para consultar su saldo, pulse 1.")),
			TASK(25, bank_payment,
				EN("To make a payment, press 2."),
				ES("Para hacer un pago, pulse 2.")),
			TASK(15, bank_card,
				EN("For a lost or stolen card, press 3."),
				ES("Si ha perdido su tarjeta, pulse 3.")),
			TASK(20, bank_agent,
				EN("To speak to an agent, press 4."),
				ES("Para hablar con un agente, pulse 4.")),
		},
	},
	{
		.name = TEXT("Terminvergabe"),
		.versions = {TEXT("1.8"), TEXT("1.9"), TEXT("2.0")},
		.revision_id = TEXT("60417"),
		.weight = 16,
		.languages = {[GERMAN] = 8, [ENGLISH] = 2},
		.dialled = TEXT("493012"),
		.opening = clinic_opening,
		.menu = {{
			DE("Bitte wählen Sie aus den folgenden Möglichkeiten."),
			EN("Please choose from the following options.")}},
		.tasks = {
			TASK(45, clinic_termin,
				DE("Für einen neuen Termin drücken Sie die 1."),
				EN("For a new appointment, press 1.")),
			TASK(20, clinic_absage,
				DE("Um einen Termin abzusagen, drücken Sie die 2."),
				EN("To cancel an appointment, press 2.")),
			TASK(15, clinic_rezept,
				DE("Für ein Folgerezept drücken Sie die 3."),
				EN("For a repeat prescription, press 3.")),
			TASK(20, clinic_anmeldung,
				DE("Für die Anmeldung drücken Sie die 4."),
				EN("For the front desk, press 4.")),
		},
	},
	{
		.name = TEXT("Dépannage Énergie"),
		.versions = {TEXT("3.0"), TEXT("3.1"), TEXT("3.2")},
		.revision_id = TEXT("59902"),
		.weight = 15,
		.languages = {[FRENCH] = 9, [ENGLISH] = 1},
		.dialled = TEXT("331990"),
		.opening = utility_opening,
		.menu = {{FR("Que souhaitez-vous faire ?"), EN("What would you like to do?")}},
		.tasks = {
			TASK(35, utility_panne,
				FR("Pour signaler une panne, tapez 1."),
				EN("To report an outage, press 1.")),
			TASK(30, utility_releve,
				FR("Pour communiquer un relevé, tapez 2."),
				EN("To give a meter reading, press 2.")),
			TASK(20, utility_facture,
				FR("Pour votre facture, tapez 3."), EN("For your bill, press 3.")),
			TASK(15, utility_conseiller,
				FR("Pour parler à un conseiller, tapez 4."),
				EN("To speak to an adviser, press 4.")),
		},
	},
	{
		.name = TEXT("宅配便 再配達"),
		.versions = {TEXT("7.0"), TEXT("7.1"), TEXT("7.2")},
		.revision_id = TEXT("62050"),
		.weight = 14,
		.languages = {[JAPANESE] = 9, [ENGLISH] = 1},
		.dialled = TEXT("815030"),
		.opening = parcel_opening,
		.menu = {{JA("ご用件をお選びください。"), EN("Please choose what you need.")}},
		.tasks = {
			TASK(50, parcel_redelivery,
				JA("再配達のご依頼は1を押してください。"),
				EN("For a redelivery, press 1.")),
			TASK(25, parcel_status,
				JA("お荷物の配達状況は2を押してください。"),
				EN("To track a parcel, press 2.")),
			TASK(15, parcel_pickup,
				JA("集荷のご依頼は3を押してください。"),
				EN("For a pickup, press 3.")),
			TASK(10, parcel_operator,
				JA("オペレーターとのお話は4を押してください。"),
				EN("To speak to an operator, press 4.")),
		},
	},
	{
		.name = TEXT("IT Service Desk"),
		.versions = {TEXT("2.4"), TEXT("2.5"), TEXT("2.6")},
		.revision_id = TEXT("58111"),
		.weight = 13,
		.languages = {[ENGLISH] = 5, [GERMAN] = 3, [SPANISH] = 2},
		.dialled = TEXT("617555"),
		.opening = helpdesk_opening,
		.menu = {{
			EN("How can we help?"), DE("Wie können wir helfen?"),
			ES("¿En qué podemos ayudarle?")}},
		.tasks = {
			TASK(40, helpdesk_password,
				EN("For a new password, press 1."),
				DE("Für ein neues Passwort drücken Sie die 1."),
				ES("Para una nueva contraseña, pulse 1.")),
			TASK(25, helpdesk_ticket,
				EN("For the state of a ticket, press 2."),
				DE("Für den Stand eines Tickets drücken Sie die 2."),
				ES("Para el estado de una incidencia, pulse 2.")),
			TASK(10, helpdesk_fault,
				EN("To report a fault, press 3."),
				DE("Um eine Störung zu melden, drücken Sie die 3."),
				ES("Para comunicar una avería, pulse 3.")),
			TASK(25, helpdesk_technician,
				EN("For a technician, press 4."),
				DE("Für einen Techniker drücken Sie die 4."),
				ES("Para hablar con un técnico, pulse 4.")),
		},
	},
	{
		.name = TEXT("Customer Survey"),
		.versions = {TEXT("1.0"), TEXT("1.1"), TEXT("1.2")},
		.revision_id = TEXT("63377"),
		.weight = 10,
		.languages = {[ENGLISH] = 5, [SPANISH] = 2, [FRENCH] = 2, [GERMAN] = 2},
		.outbound = true,
		.dialled = TEXT("617600"),
		.opening = survey_opening,
		.tasks = {{0}},
	},
	{
		.name = TEXT("Agent Desk"),
		.versions = {TEXT("1.3"), TEXT("1.4"), TEXT("1.5")},
		.revision_id = TEXT("57008"),
		.weight = 6,
		.languages = {[ENGLISH] = 6, [GERMAN] = 2, [FRENCH] = 2},
		.transfer = true,
		.dialled = TEXT("617712"),
		.opening = desk_opening,
		.tasks = {{0}},
	},
};

/* clang-format on */

const size_t application_count = COUNT_OF(applications);
