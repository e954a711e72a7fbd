/** Tables that fit the terminal. */

import { escapeLine } from "./escape.ts";
import { padToWidth, textWidth, truncateToWidth } from "./text_width.ts";

export interface Column {
  readonly header: string;
  readonly align?: "left" | "right";
  /**
   * Narrowest that the column may become when the table is too wide, in columns of the terminal.
   * Left out: the column is never narrowed.
   */
  readonly min?: number;
}

export interface TableOptions {
  /** Width of the terminal, in columns. */
  readonly width: number;
  /** Applied to the line of headers. */
  readonly headerStyle?: (line: string) => string;
  /** Applied to a whole finished line; `row` is its number, from 0. */
  readonly rowStyle?: (line: string, row: number) => string;
}

const GAP = "  ";

/**
 * Lays out a table, a line of headers first. Cells are escaped here; those too wide for the
 * terminal are cut with `…`, the widest column that may be narrowed first.
 *
 * @param rows A cell for each column.
 * @returns The lines, without line ends.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string[] {
  const cells = rows.map((row) => row.map(escapeLine));
  const widths = columnWidths(columns, cells, options.width);
  const line = (row: readonly string[]) =>
    columns.map((column, index) => {
      const width = widths[index]!;
      const text = truncateToWidth(row[index] ?? "", width);
      return padToWidth(text, width, column.align ?? "left");
    }).join(GAP).trimEnd();
  const head = line(columns.map((column) => column.header));
  return [
    options.headerStyle?.(head) ?? head,
    ...cells.map((row, number) => options.rowStyle?.(line(row), number) ?? line(row)),
  ];
}

function columnWidths(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  available: number,
): number[] {
  const widths = columns.map((column, index) =>
    cells.reduce(
      (widest, row) => Math.max(widest, textWidth(row[index] ?? "")),
      textWidth(column.header),
    )
  );
  let excess = widths.reduce((sum, width) => sum + width, 0) +
    GAP.length * (columns.length - 1) - available;
  while (excess > 0) {
    const widest = widestFlexible(columns, widths);
    if (widest === undefined) break;
    // Down to the width of the next one at once would be faster; tables have few columns.
    widths[widest]! -= 1;
    excess -= 1;
  }
  return widths;
}

function widestFlexible(columns: readonly Column[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  for (const [index, { min }] of columns.entries()) {
    if (min === undefined || widths[index]! <= min) continue;
    if (widest === undefined || widths[index]! > widths[widest]!) widest = index;
  }
  return widest;
}
