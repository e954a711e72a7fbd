/**
 * Tables of HTML mail, kept from costing more than they are worth: the library lays every place of a
 * table out in memory, and what a cell says of its span is the sender's word alone.
 */

/** What is used of the library's nodes (htmlparser2's DOM). */
export interface HtmlNode {
  type?: string;
  name?: string;
  attribs?: Record<string, string>;
  children?: HtmlNode[];
  parent?: HtmlNode | null;
}

/** A cell over more columns or rows than that is cut to them. */
const MAX_SPAN = 50;
/** A table with more is shown row by row, without columns: laying out takes the square of its rows. */
const MAX_ROWS = 1000;
/** Rows times columns. */
const MAX_PLACES = 20_000;
/** Tables in tables; what is deeper is shown without columns. */
const MAX_DEPTH = 8;

const SPANS = ["colspan", "rowspan"];

/**
 * Makes a table fit to be laid out: cuts its spans. When it is too large for that, false, and its
 * rows have become paragraphs.
 */
export function canBeLaidOut(table: HtmlNode): boolean {
  const rows = rowsOf(table);
  let columns = 0;
  for (const row of rows) {
    let width = 0;
    for (const cell of row.children ?? []) width += cutSpans(cell);
    columns = Math.max(columns, width);
  }
  // A cell may reach below the last row.
  const height = rows.length + MAX_SPAN;
  const fits = rows.length <= MAX_ROWS && columns * height <= MAX_PLACES + MAX_SPAN * MAX_SPAN &&
    depthOf(table) <= MAX_DEPTH;
  if (!fits) { for (const row of rows) row.name = "p"; }
  return fits;
}

function rowsOf(table: HtmlNode): HtmlNode[] {
  const groups = [table];
  const rows: HtmlNode[] = [];
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    for (const child of group.children ?? []) {
      if (child.name === "tr") rows.push(child);
      else if (["thead", "tbody", "tfoot", "center"].includes(child.name ?? "")) groups.push(child);
    }
  }
  return rows;
}

/** Cuts the spans of a cell. Returns how many columns it takes; 0: it is no cell. */
function cutSpans({ name, attribs }: HtmlNode): number {
  if (name !== "td" && name !== "th") return 0;
  if (attribs === undefined) return 1;
  for (const span of SPANS) {
    if (attribs[span] === undefined) continue;
    const wanted = Number.parseInt(attribs[span], 10);
    attribs[span] = String(Math.min(MAX_SPAN, Math.max(1, wanted || 1)));
  }
  return Number(attribs.colspan ?? 1);
}

function depthOf(table: HtmlNode): number {
  let depth = 0;
  for (let at = table.parent; at; at = at.parent) if (at.name === "table") depth += 1;
  return depth;
}
