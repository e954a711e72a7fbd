/**
 * HTML as text that is safe to show: nothing is fetched, nothing is run, nothing is drawn. Links are
 * shown with where they lead; images by what stands in their place; styles, scripts and what is
 * hidden by the markup's own word are left out.
 */

/** HTML of more characters is cut: the library takes seconds for some of what is longer. */
const MAX_HTML_CHARACTERS = 400_000;
/** Elements deeper than that, or more in one, are left out. */
const LIMITS = { maxDepth: 200, maxChildNodes: 20_000, maxInputLength: MAX_HTML_CHARACTERS };

/** Reads HTML, whatever it is: what cannot be read is left out. */
export async function htmlToText(html: string): Promise<string> {
  const { convert } = await import("html-to-text");
  const text = convert(html.slice(0, MAX_HTML_CHARACTERS), {
    wordwrap: false,
    limits: { ...LIMITS, ellipsis: "…" },
    selectors: [
      { selector: "a", options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
      { selector: "img", format: "skip" },
      { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => (
        { selector, options: { uppercase: false } }
      )),
      ...["script", "style", "head", "template", "noscript", "svg", "iframe", "object", "[hidden]"]
        .map((selector) => ({ selector, format: "skip" })),
    ],
  });
  return html.length > MAX_HTML_CHARACTERS ? `${text}\n…` : text;
}
