/** What the code cites of docs/protocol.md exists there, and what stands there is cited. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** `docs/protocol.md, 9.1 and 9.2.` in a comment. */
const CITATION = /docs\/protocol\.md, (\d+(?:\.\d+)?)(?: and (\d+(?:\.\d+)?))?/g;

/** The numbers of all sections: `## 5. …`, and within them `**9.1** …` or `**1.1 …`. */
async function readSections(): Promise<{ all: Set<string>; leaves: Set<string> }> {
  const text = await Deno.readTextFile(new URL("docs/protocol.md", ROOT));
  const chapters = [...text.matchAll(/^## (\d+)\. /gm)].map((match) => match[1]!);
  const parts = [...text.matchAll(/^\*\*(\d+\.\d+)/gm)].map((match) => match[1]!);
  const whole = chapters.filter((chapter) => !parts.some((part) => part.startsWith(`${chapter}.`)));
  return { all: new Set([...chapters, ...parts]), leaves: new Set([...whole, ...parts]) };
}

async function citations(folder: string): Promise<[file: string, section: string][]> {
  const found: [string, string][] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) found.push(...await citations(`${path}/`));
    else if (path.endsWith(".ts")) {
      const text = await Deno.readTextFile(new URL(path, ROOT));
      for (const [, first, second] of text.matchAll(CITATION)) {
        for (const section of [first, second]) if (section) found.push([path, section]);
      }
    }
  }
  return found;
}

Deno.test("protocol.md: its sections are numbered without a gap", async () => {
  const { all } = await readSections();
  const chapters = [...all].filter((section) => !section.includes("."));
  assertEquals(chapters, chapters.map((_, i) => String(i + 1)));
  for (const chapter of chapters) {
    const parts = [...all].filter((section) => section.startsWith(`${chapter}.`));
    assertEquals(parts, parts.map((_, i) => `${chapter}.${i + 1}`));
  }
});

Deno.test("protocol.md: every section that the code cites exists, and every one is cited", async () => {
  const { all, leaves } = await readSections();
  const folders = ["crypto/", "protocol/", "client/", "server/", "tools/"];
  const cited = (await Promise.all(folders.map(citations))).flat();
  assert(cited.length > 0);
  assertEquals(cited.filter(([, section]) => !all.has(section)), []);
  const sections = new Set(cited.map(([, section]) => section));
  assertEquals([...leaves].filter((leaf) => !sections.has(leaf)), []);
});
