import { assertEquals } from "@std/assert";
import { scanForPlaintext } from "../../tools/plaintext_scan.ts";

const SECRET = "the blue drawer";

Deno.test("plaintext scan: finds a text in every shape, at every offset, in every folder", async () => {
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
  try {
    await Deno.mkdir(`${folder}/inner`);
    await write("plain", `… in ${SECRET}, she said`);
    await write("inner/plain", SECRET);
    await write("hex", [...SECRET].map((c) => c.charCodeAt(0).toString(16)).join(""));
    await write("utf-16", [...SECRET].join("\0"));
    for (const shift of [0, 1, 2]) await write(`base64-${shift}`, btoa("x".repeat(shift) + SECRET));
    await write("nothing", "the drawer is blue");
    const { files, hits } = await scanForPlaintext(folder, [SECRET, "something else"]);
    assertEquals(files, 8);
    assertEquals(hits.map(({ file, shape }) => `${file} ${shape}`).sort(), [
      ...["base64-0 base64", "base64-1 base64", "base64-2 base64", "hex hex"],
      ...["plain utf-8", "plain utf-8", "utf-16 utf-16"],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
