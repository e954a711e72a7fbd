/** Colours and weights of the terminal, only where they are wanted. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

const same = (text: string) => text;
const PLAIN: Style = { bold: same, dim: same, red: same, yellow: same };

/** SGR parameters on and off, ECMA-48 section 8.3.117. */
const sgr = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;
const COLOURED: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  yellow: sgr(33, 39),
};

export function styleFor(coloured: boolean): Style {
  return coloured ? COLOURED : PLAIN;
}

/**
 * Whether colours may be written: to a terminal that is not dumb, unless NO_COLOR is set to
 * anything (https://no-color.org).
 */
export function wantsColour(
  isTerminal: boolean,
  env: (name: string) => string | undefined,
): boolean {
  return isTerminal && env("NO_COLOR") === undefined && env("TERM") !== "dumb";
}
