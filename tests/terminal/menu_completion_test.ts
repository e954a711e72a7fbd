import { assertEquals, assertRejects } from "@std/assert";
import { ConnectError } from "../../client/errors.ts";
import { completeLine, type Completer } from "../../client/terminal/completion.ts";
import { folderCompleter, nameCompleter } from "../../client/terminal/menu/complete/names.ts";
import { pathCompleter } from "../../client/terminal/menu/complete/paths.ts";
import { queryCompleter } from "../../client/terminal/menu/complete/query_words.ts";
import { contactWith } from "./people.ts";

const PEOPLE = [
  contactWith("alice"),
  contactWith("bob"),
  contactWith("carla"),
  contactWith("carol"),
  contactWith("gone", { status: "removed" }),
];
const FOLDERS = [{ name: "Inbox" }, { name: "Sent" }, { name: "My projects" }];
const sources = {
  contacts: () => Promise.resolve(PEOPLE),
  folders: () => Promise.resolve(FOLDERS),
};

/** What Tab makes of each line. */
async function tabs(complete: Completer, cases: readonly [string, string, ...string[]][]) {
  for (const [before, ...wanted] of cases) {
    const { line, choices } = completeLine({ before, after: "" }, await complete(before));
    assertEquals([line.before, ...choices], wanted, before);
  }
}

Deno.test("completion: names of people, each once, nobody who gets no mail", async () => {
  await tabs(nameCompleter(sources.contacts), [
    ["b", "bob "],
    ["bob;c", "bob;car"],
    ["bob; car", "bob; car", "carla", "carol"],
    ["carol, CAR", "carol, carla "],
    ["alice; cc:b", "alice; cc:bob "],
    ["g", "g"],
    ["bob ", "bob ", "alice", "carla", "carol"],
  ]);
});

Deno.test("completion: people are looked up at the first Tab, and again only after a failure", async () => {
  let calls = 0;
  const complete = nameCompleter(() => {
    calls += 1;
    if (calls === 1) return Promise.reject(new ConnectError("lost", "Lost."));
    return Promise.resolve(PEOPLE);
  });
  assertEquals(calls, 0);
  await assertRejects(() => complete("b"), ConnectError);
  await complete("b");
  await complete("c");
  assertEquals(calls, 2);
});

Deno.test("completion: folders, in any case and with blanks in them", async () => {
  await tabs(folderCompleter(sources.folders), [["my p", "My projects"], ["i", "Inbox"]]);
});

Deno.test("completion: keys of a query and what may stand after them", async () => {
  await tabs(queryCompleter(sources), [
    ["fr", "from:"],
    ["budget -is:un", "budget -is:unread "],
    ["(from:ca", "(from:car"],
    ["in:my", 'in:"My projects" '],
    ['in:"my', 'in:"My projects" '],
    ["has:", "has:", "attachment", "bcc"],
    ["title:x", "title:x"],
    ["", ""],
    ["nokey:x", "nokey:x"],
  ]);
});

Deno.test("completion: paths, folders with a stroke, the home folder, hidden files after a dot", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/papers`);
    for (const name of ["papers/one.txt", "papers/one two.pdf", ".secret", "note.txt"]) {
      await Deno.writeTextFile(`${home}/${name}`, "");
    }
    await Deno.symlink(`${home}/papers`, `${home}/link`);
    const env = (name: string) => name === "HOME" ? home : undefined;
    await tabs(pathCompleter({ env }), [
      [`${home}/pa`, `${home}/papers/`],
      [`${home}/papers/o`, `${home}/papers/one`],
      [`${home}/papers/one`, `${home}/papers/one`, "one two.pdf", "one.txt"],
      ["~/no", "~/note.txt"],
      ["~", "~/"],
      [`${home}/l`, `${home}/link/`],
      [`${home}/.s`, `${home}/.secret`],
      [`${home}/`, `${home}/`, "link/", "note.txt", "papers/"],
      [`${home}/nowhere/x`, `${home}/nowhere/x`],
    ]);
    await tabs(pathCompleter({ env, folders: true }), [["~/", "~/", "link/", "papers/"]]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
