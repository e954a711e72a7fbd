/** QR codes are drawn so that a reader gets back what was put in. */

import { assert, assertEquals } from "@std/assert";
import decodeQR from "qr/decode";
import { qrLines } from "../../client/terminal/qr.ts";

const FINGERPRINT = "0RH4-7M2K-Q3VD-81NZ-ABCD-EFGH-JKMN-PQRS";
/** Pixels of a module: readers want more than one. */
const SCALE = 4;

/** The dark modules of what is drawn, two rows a line. */
function modules(lines: readonly string[], drawnIsDark: boolean): boolean[][] {
  return lines.flatMap((line) => {
    const cells = Array.from(line, (cell) => ({
      upper: (cell === "█" || cell === "▀") === drawnIsDark,
      lower: (cell === "█" || cell === "▄") === drawnIsDark,
    }));
    return [cells.map(({ upper }) => upper), cells.map(({ lower }) => lower)];
  });
}

/** What a camera would read. */
function scanned(rows: readonly boolean[][]): string {
  const width = rows[0]!.length * SCALE;
  const height = rows.length * SCALE;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dark = rows[Math.floor(y / SCALE)]![Math.floor(x / SCALE)];
      if (dark) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return decodeQR({ width, height, data });
}

Deno.test("qr: a reader gets the fingerprint back, with and without colours", async () => {
  const plain = await qrLines(FINGERPRINT, { coloured: false, width: 80 });
  assertEquals(scanned(modules(plain!, false)), FINGERPRINT);
  const coloured = await qrLines(FINGERPRINT, { coloured: true, width: 80 });
  // deno-lint-ignore no-control-regex -- the colours are what is taken out
  const bare = coloured!.map((line) => line.replace(/\x1b\[[\d;]*m/g, ""));
  assertEquals(scanned(modules(bare, true)), FINGERPRINT);
});

Deno.test("qr: a fingerprint fits a terminal of 80 by 24, and is left out where it does not fit", async () => {
  const lines = (await qrLines(FINGERPRINT, { coloured: false, width: 80 }))!;
  const width = Math.max(...lines.map((line) => line.length));
  assert(width <= 40 && lines.length <= 20, `${width} by ${lines.length}`);
  assert(await qrLines(FINGERPRINT, { coloured: false, width }) !== null);
  assertEquals(await qrLines(FINGERPRINT, { coloured: false, width: width - 1 }), null);
});

Deno.test("qr: with colours every line ends with the terminal's own", async () => {
  for (const line of (await qrLines(FINGERPRINT, { coloured: true, width: 80 }))!) {
    assert(line.startsWith("\x1b[30;107m") && line.endsWith("\x1b[39;49m"), JSON.stringify(line));
  }
});
