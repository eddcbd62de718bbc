/* SPDX-License-Identifier: MIT
 * What every application says in the same words. */
#include "generate/script.h"

const struct phrase phrase_no_input = {{
	TEXT("I'm sorry, I didn't hear anything."),
	TEXT("Lo siento, no he oído nada."),
	TEXT("Leider habe ich nichts gehört."),
	TEXT("Désolé, je n'ai rien entendu."),
	TEXT("申し訳ございません。入力が確認できませんでした。"),
}};

const struct phrase phrase_no_match = {{
	TEXT("I'm sorry, that is not one of the choices."),
	TEXT("Lo siento, esa no es una opción válida."),
	TEXT("Diese Eingabe ist leider nicht möglich."),
	TEXT("Désolé, ce choix n'existe pas."),
	TEXT("申し訳ございません。その番号は選択できません。"),
}};

const struct phrase phrase_too_often = {{
	TEXT("Let me connect you to someone who can help."),
	TEXT("Le paso con una persona que podrá ayudarle."),
	TEXT("Ich verbinde Sie mit einem Mitarbeiter, der Ihnen weiterhilft."),
	TEXT("Je vous mets en relation avec un conseiller."),
	TEXT("担当者におつなぎいたします。"),
}};

const struct phrase phrase_error = {{
	TEXT("We are having technical difficulties at the moment. Please bear with us."),
	TEXT("En este momento tenemos dificultades técnicas. Disculpe las molestias."),
	TEXT("Zurzeit haben wir eine technische Störung. Bitte haben Sie etwas Geduld."),
	TEXT("Nous rencontrons un problème technique. Merci de votre patience."),
	TEXT("ただいまシステムに障害が発生しております。ご迷惑をおかけいたします。"),
}};

const struct phrase phrase_hold = {{
	TEXT("All of our agents are helping other callers. Please stay on the line."),
	TEXT("Todos nuestros agentes están ocupados. Por favor, no cuelgue."),
	TEXT("Alle Plätze sind zurzeit belegt. Bitte bleiben Sie in der Leitung."),
	TEXT("Tous nos conseillers sont en ligne. Merci de patienter."),
	TEXT("ただいま電話が大変混み合っております。そのままお待ちください。"),
}};

const struct phrase phrase_position = {{
	TEXT("Your position in the queue is: "),
	TEXT("Su posición en la cola es: "),
	TEXT("Ihre Position in der Warteschlange ist: "),
	TEXT("Votre position dans la file d'attente est : "),
	TEXT("お待ちのお客様の順番は次のとおりです: "),
}};

const struct phrase phrase_connecting = {{
	TEXT("Please hold while I transfer your call. It may be recorded for training purposes."),
	TEXT("Espere mientras transfiero su llamada, que podrá ser grabada."),
	TEXT("Einen Moment bitte, Sie werden verbunden. Das Gespräch kann aufgezeichnet werden."),
	TEXT("Veuillez patienter, nous transférons votre appel, qui peut être enregistré."),
	TEXT("お電話をおつなぎしますので、少々お待ちください。"),
}};

const struct phrase phrase_busy = {{
	TEXT("I'm sorry, nobody is available right now."),
	TEXT("Lo siento, no hay nadie disponible en este momento."),
	TEXT("Leider ist im Augenblick niemand erreichbar."),
	TEXT("Désolé, personne n'est disponible pour le moment."),
	TEXT("申し訳ございません。ただいま担当者が席を外しております。"),
}};

const struct phrase phrase_else = {{
	TEXT("Is there anything else I can do for you? For yes, press 1. Otherwise, press 2."),
	TEXT("¿Puedo ayudarle en algo más? Si es así, pulse 1. Si no, pulse 2."),
	TEXT("Kann ich sonst noch etwas für Sie tun? Für ja drücken Sie die 1, sonst die 2."),
	TEXT("Puis-je faire autre chose pour vous ? Si oui, tapez 1. Sinon, tapez 2."),
	TEXT("ほかにご用件はございますか。はいの場合は1を、いいえの場合は2を押してください。"),
}};

const struct phrase phrase_goodbye = {{
	TEXT("Thank you for calling. Goodbye."),
	TEXT("Gracias por su llamada. Adiós."),
	TEXT("Vielen Dank für Ihren Anruf. Auf Wiederhören."),
	TEXT("Merci de votre appel. Au revoir."),
	TEXT("お電話ありがとうございました。失礼いたします。"),
}};

const struct phrase phrase_stop = {{
	TEXT("."),
	TEXT("."),
	TEXT("."),
	TEXT("."),
	TEXT("です。"),
}};

const struct phrase phrase_after_tone = {{
	TEXT("Please speak after the tone, and press the pound key when you are done."),
	TEXT("Hable después de la señal y pulse almohadilla al terminar."),
	TEXT("Bitte sprechen Sie nach dem Ton und drücken Sie zum Schluss die Rautetaste."),
	TEXT("Parlez après le signal sonore, puis tapez dièse."),
	TEXT("発信音の後にお話しください。終わりましたらシャープを押してください。"),
}};
