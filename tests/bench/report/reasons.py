# SPDX-License-Identifier: MIT
"""Why a goal is not met, and what would be tried next, by the goal's key. Shown only where the goal does not hold."""

SMALL_PAGE = ("nginx sends a file that it holds open; callstep looks up the key, begins a view of the store, reads the tallies and ten rows, and only then sends. "
              "Next: fewer looks at the store for a request whose key was seen a moment ago, as far as a revoked key still ends at once.")
COUNTING = ("Next: the same as against nginx; PHP pays for its total by counting the index, so the ratio grows with the calls in the window: "
            "beside 1,000,000 calls it would be some five times what it is beside 200,000.")
ONE_NUMBER = ("What PHP counts here is one number's calls, a tenth of the window's, and its rate rises as much. "
              "The ratio is that of the work: ten rows with their total against an index scan of the number's calls.")

REASONS = {
    "page10000-json-gzip/nginx": "The bytes are read from the database's pages and joined by the thousands of pieces, where nginx hands the system one file. "
                                 "Next: rows of neighbouring calls lying together, so that a page is few pieces.",
    "page10000-json-gzip/php": "The ratio is held down by callstep's side of it, see the row above.",
    "page10000-json/nginx": "Each page is 60 MB that must be inflated, where nginx sends 60 MB that lie ready. Next: inflating on all cores for one page, and codes that "
                            "unpack faster (docs/decisions/0001-packing.md).",
    "page10000-json/php": "Inflating bounds it, see the row above.",
    "page10-json-gzip/nginx": SMALL_PAGE,
    "page10-json/nginx": SMALL_PAGE + " Besides, ten calls are inflated.",
    "page10-number-json-gzip/nginx": SMALL_PAGE,
    "page10-number-json/nginx": SMALL_PAGE,
    "page10-json-gzip/php": COUNTING,
    "page10-json/php": COUNTING,
    "page10-number-json-gzip/php": ONE_NUMBER,
    "page10-number-json/php": ONE_NUMBER,
    "intake/copy": "COPY on two sessions reads rows that lie ready in the server's own files; callstep on the same two cores also carries HTTP, reads and checks every byte of the JSON, "
                   "compresses it and replaces calls that came before. Next: reading and packing each in fewer passes.",
    "size": "Faster codes were chosen over smaller ones (docs/decisions/0001-packing.md). Next: packing tightly what is old, in the background.",
}
