/** QR codes in the terminal: two rows of modules in a line of half blocks. */

/** Light modules around the code, as ISO/IEC 18004 section 9.1 asks for. */
const QUIET_MODULES = 4;

/** Black on white whatever the terminal's colours: SGR parameters, ECMA-48 section 8.3.117. */
const BLACK_ON_WHITE = "\x1b[30;107m";
const NORMAL = "\x1b[39;49m";

/** By [upper is dark, lower is dark], drawn in the colour of dark modules. */
const DARK_BLOCKS = [[" ", "▄"], ["▀", "█"]] as const;
/** Drawn in the colour of light modules, for light text on a dark ground. */
const LIGHT_BLOCKS = [["█", "▀"], ["▄", " "]] as const;

export interface QrOptions {
  /** Whether colours may be written; without them a dark ground is taken for granted. */
  readonly coloured: boolean;
  /** Width of the terminal, in columns. */
  readonly width: number;
}

/**
 * The lines of a QR code, without line ends; null when the terminal is too narrow for it.
 * A fingerprint takes 33 columns and 17 lines.
 *
 * @param text Upper case, digits and `-` make the smallest codes.
 */
export async function qrLines(
  text: string,
  { coloured, width }: QrOptions,
): Promise<string[] | null> {
  const { encodeQR } = await import("qr");
  const rows = encodeQR(text, "raw", { ecc: "low", border: QUIET_MODULES });
  if (rows.length > width) return null;
  const blocks = coloured ? DARK_BLOCKS : LIGHT_BLOCKS;
  const lines: string[] = [];
  for (let at = 0; at < rows.length; at += 2) {
    const lower = rows[at + 1];
    const line = rows[at]!.map((dark, column) => blocks[bit(dark)][bit(lower?.[column] ?? false)])
      .join("");
    lines.push(coloured ? `${BLACK_ON_WHITE}${line}${NORMAL}` : line);
  }
  return lines;
}

function bit(dark: boolean): 0 | 1 {
  return dark ? 1 : 0;
}
