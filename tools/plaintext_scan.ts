/** Looks for plaintext in the files of a folder, in every shape in which it could hide there. */

/** Where a text was found. */
export interface Hit {
  file: string;
  text: string;
  /** Which shape of it: "utf-8", "utf-16", "hex" or "base64". */
  shape: string;
}

export interface ScanResult {
  files: number;
  bytes: number;
  hits: Hit[];
}

/** Bytes as a string with one character a byte, which can be searched fast. */
function oneCharacterAByte(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  }
  return pieces.join("");
}

/** A text in every shape to look for; of base64 the part that does not depend on its neighbours. */
function shapesOf(text: string): [shape: string, needle: string][] {
  const utf8 = oneCharacterAByte(new TextEncoder().encode(text));
  const base64 = [0, 1, 2].map((shift): [string, string] => {
    const encoded = btoa("\0".repeat(shift) + utf8).replace(/=+$/, "");
    return ["base64", encoded.slice(shift === 0 ? 0 : shift + 1, -1)];
  });
  const hex = [...utf8].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return [["utf-8", utf8], ["utf-16", [...text].join("\0")], ["hex", hex], ...base64];
}

/** Searches every file of `folder` and of the folders in it for every text. */
export async function scanForPlaintext(folder: string, texts: string[]): Promise<ScanResult> {
  const result: ScanResult = { files: 0, bytes: 0, hits: [] };
  const needles = texts.flatMap((text) => shapesOf(text).map((shape) => ({ text, shape })));
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      const inner = await scanForPlaintext(path, texts);
      result.files += inner.files;
      result.bytes += inner.bytes;
      result.hits.push(...inner.hits);
    }
    if (!entry.isFile) continue;
    const content = oneCharacterAByte(await Deno.readFile(path));
    result.files++;
    result.bytes += content.length;
    for (const { text, shape: [shape, needle] } of needles) {
      if (content.includes(needle)) result.hits.push({ file: entry.name, text, shape });
    }
  }
  return result;
}
