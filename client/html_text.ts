/**
 * HTML as text that is safe to show: nothing is fetched, nothing is run, nothing is drawn. Links are
 * shown with where they lead; images by what stands in their place; styles, scripts and what is
 * hidden by the markup's own word are left out.
 */

import { canBeLaidOut, type HtmlNode } from "./html_tables.ts";

/** HTML of more characters is cut: the library takes seconds for some of what is longer. */
const MAX_HTML_CHARACTERS = 400_000;
/** Elements deeper than that, or more in one, are left out. */
const LIMITS = { maxDepth: 200, maxChildNodes: 20_000, maxInputLength: MAX_HTML_CHARACTERS };

/** How the library calls what writes an element as text. */
type Formatter = (element: HtmlNode, walk: unknown, builder: Builder, options: unknown) => void;

interface Builder {
  readonly options: { readonly formatters: Readonly<Record<string, Formatter>> };
}

interface HtmlToTextOptions {
  readonly wordwrap: false;
  readonly limits: typeof LIMITS & { readonly ellipsis: string };
  readonly formatters: Readonly<Record<string, Formatter>>;
  readonly selectors: readonly { selector: string; format?: string; options?: object }[];
}

/** Reads HTML, whatever it is: what cannot be read is left out. */
export async function htmlToText(html: string): Promise<string> {
  const { convert } = await import("html-to-text");
  const given = html.slice(0, MAX_HTML_CHARACTERS);
  let text: string;
  try {
    text = convert(given, OPTIONS);
  } catch {
    // Nested or laid out in a way that the library cannot take: better without its markup than not.
    text = given.replaceAll(/<[^<>]*>/g, " ");
  }
  return html.length > MAX_HTML_CHARACTERS ? `${text}\n…` : text;
}

const OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  limits: { ...LIMITS, ellipsis: "…" },
  formatters: {
    boundedTable(table, walk, builder, options) {
      const format = canBeLaidOut(table) ? "dataTable" : "block";
      builder.options.formatters[format]!(table, walk, builder, options);
    },
  },
  selectors: [
    { selector: "a", options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    { selector: "img", format: "skip" },
    { selector: "table", format: "boundedTable", options: { uppercaseHeaderCells: false } },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => (
      { selector, options: { uppercase: false } }
    )),
    ...["script", "style", "head", "template", "noscript", "svg", "iframe", "object", "[hidden]"]
      .map((selector) => ({ selector, format: "skip" })),
  ],
};
