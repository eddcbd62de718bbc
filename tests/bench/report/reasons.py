# SPDX-License-Identifier: MIT
"""Why a goal is not met, and what would be tried next, by the goal's key. Shown only where the goal does not hold."""

SMALL_PAGE = ("Half of callstep's time for such a page is the system's: waking, receiving, two locks of the database's file, sending; a quarter is SQLite's (the key, some "
              "70 tallies, ten rows), which nginx's open file does not have. Next: the lock of the database's file held over requests that follow one another, and the tallies "
              "of a window added up once while nothing in it changes.")
COUNTING = ("The ratio is that against nginx once more: PHP pays for its total by counting the index, so the ratio grows with the calls in the window; "
            "beside 1,000,000 calls it would be some five times what it is beside 200,000.")
ONE_NUMBER = ("What PHP counts here is one number's calls, a tenth of the window's, and its rate rises as much. "
              "The ratio is that of the work: ten rows with their total against an index scan of the number's calls.")

REASONS = {
    "page10000-json-gzip/nginx": "Half of callstep's time is SQLite finding 10,000 calls and reading them out of the system's cache of the file, 15% sending them, where nginx hands the system one file that it need not look at. "
                                 "Waiting for memory that has left the processor's caches was a quarter and is mostly gone (docs/decisions/0014-large-pages.md). "
                                 "Next: the sizes of packed calls in the table of calls, so that a large answer can be made piece by piece while it is sent.",
    "page10000-json-gzip/php": "PHP sends some three such pages a second, so this asks for 0.62 of nginx's rate. Half of callstep's time is SQLite finding 10,000 calls and reading them out of "
                               "the system's cache of the file, 15% sending them. Next: the sizes of packed calls in the table of calls, so that a large answer can be made piece by piece.",
    "page10000-json/nginx": "Each page is 60 MB that must be inflated, where nginx sends 60 MB that lie ready: of callstep's time 48% is inflating, 30% the system's sending. "
                            "Next: an inflater for fixed codes alone.",
    "page10000-json/php": "Inflating bounds it, see the row above.",
    "page10-json-gzip/nginx": SMALL_PAGE,
    "page10-json/nginx": SMALL_PAGE + " Ten calls are also inflated.",
    "page10-number-json-gzip/nginx": SMALL_PAGE,
    "page10-number-json/nginx": SMALL_PAGE,
    "page10-json-gzip/php": COUNTING,
    "page10-json/php": COUNTING + " An identity answer is also 68 KB to inflate and to send.",
    "page10-number-json-gzip/php": ONE_NUMBER,
    "page10-number-json/php": ONE_NUMBER,
    "intake": "The goal is a number of calls, not a ratio: it holds on the EPYC of benchmarks.md and not on a processor on which zlib packs a third as many calls a second "
              "(docs/decisions/0017-other-processors.md). Cutting, packing and indexing take both cores. Next: several rows a statement.",
    "intake/copy": "COPY reads rows that lie ready in the server's own files; callstep on the same two cores also carries HTTP, reads and checks every byte of the JSON, "
                   "compresses it and replaces calls that came before. Next: several rows a statement.",
    "collector/spool": "A call is some 4 KB of lines, each of which names it; segments are packed but the first and the last one. "
                       "Next: a step that is corrected while nothing is sent takes the place of the line that has it.",
    "size": "Faster codes were chosen over smaller ones (docs/decisions/0013-fixed-codes.md), and the text index keeps the place of every word for phrases (0019-words.md). "
            "Next: packing tightly what is old, in the background, when pages seldom ask for it any more.",
}
