/** Contacts in the menu, and how the menu marks them. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeMailbox, listItem, mailWith, menuWith } from "./fake_menu.ts";
import { contactWith, evidenceWith, FINGERPRINT, OTHER_FINGERPRINT } from "./people.ts";

const ME = contactWith("alice", { isMe: true, state: "verified" });

function mailboxWith(...people: FakeMailbox["people"]): FakeMailbox {
  const mailbox = new FakeMailbox();
  mailbox.people = [ME, ...people];
  return mailbox;
}

Deno.test("contacts menu: everybody is listed, and what verified means is said", async () => {
  const mailbox = mailboxWith(contactWith("bob"));
  const { out, err, unused } = await menuWith(["5", "", "4"], { mailbox });
  assertStringIncludes(out, `bob    unverified  ${FINGERPRINT}\n`);
  assertStringIncludes(err, "verified: you have compared the fingerprints");
  assertEquals(unused, 0);
});

Deno.test("contacts menu: without anybody else it says what to do next", async () => {
  const { err } = await menuWith(["5", "", "4"], { mailbox: mailboxWith() });
  assertStringIncludes(err, "Nobody else is here yet. An administrator can invite people");
});

Deno.test("contacts menu: a name that is not there is asked for again, with the one meant", async () => {
  const mailbox = mailboxWith(contactWith("bob"));
  const { err, out } = await menuWith(["5", "bbo", "BOB", "s", "", "", "4"], { mailbox });
  assertStringIncludes(err, 'Nobody here is called "bbo". Did you mean bob?');
  assertStringIncludes(out, "Name:        bob\n");
  assertStringIncludes(out, "████ ▄▄▄▄▄ █");
});

Deno.test("contacts menu: one's own name shows fingerprint and QR code", async () => {
  const { out } = await menuWith(["5", "alice", "", "", "4"], { mailbox: mailboxWith() });
  assertStringIncludes(out, `Fingerprint: ${FINGERPRINT}\n`);
  assertStringIncludes(out, "████ ▄▄▄▄▄ █");
});

Deno.test("contacts menu: a fingerprint is compared as typed, mistakes are asked about again", async () => {
  const mailbox = mailboxWith(contactWith("bob"));
  const typed = FINGERPRINT.toLowerCase().replaceAll("-", " ");
  const answers = ["5", "bob", "v", "0RH4", OTHER_FINGERPRINT, typed, "", "4"];
  const { err, unused } = await menuWith(answers, { mailbox });
  assertStringIncludes(err, "This is not a fingerprint.");
  assertStringIncludes(err, "These are not the same fingerprints.\n  Send nothing.\n");
  assertStringIncludes(err, "bob is verified.");
  assertEquals([mailbox.done, unused], [[["verify", "bob"]], 0]);
});

Deno.test("contacts menu: compared by eye is a y, and Enter leaves all as it was", async () => {
  for (const [answer, done] of [["y", [["verify", "bob"]]], ["", []], ["n", []]] as const) {
    const mailbox = mailboxWith(contactWith("bob"));
    const { unused } = await menuWith(["5", "bob", "v", answer, "", "4"], { mailbox });
    assertEquals([mailbox.done, unused], [[...done], 0]);
  }
});

Deno.test("contacts menu: new keys are accepted only with a yes, and only those shown", async () => {
  for (const state of ["changed", "reset"] as const) {
    const bob = contactWith("bob", { state, pinned: OTHER_FINGERPRINT });
    const mailbox = mailboxWith(bob);
    const refused = await menuWith(["5", "bob", "a", "", "", "4"], { mailbox });
    assertStringIncludes(refused.err, `You knew bob by\n  ${OTHER_FINGERPRINT}\n`);
    assertEquals(mailbox.done, []);
    await menuWith(["5", "bob", "a", "y", "", "4"], { mailbox });
    assertEquals(mailbox.done, [["accept", "bob", FINGERPRINT]]);
  }
});

Deno.test("contacts menu: there is nothing to accept of keys that have not changed", async () => {
  const mailbox = mailboxWith(contactWith("bob"));
  await menuWith(["5", "bob", "a", "", "", "4"], { mailbox });
  assertEquals(mailbox.done, []);
});

Deno.test("contacts menu: many names come in pages, and every one can be named at once", async () => {
  const names = Array.from({ length: 45 }, (_, at) => contactWith(`user${at}`));
  const mailbox = mailboxWith(...names);
  const rows = (out: string) => out.split("\n").filter((line) => /^user\d+ /.test(line)).length;
  assertEquals(rows((await menuWith(["5", "q", "4"], { mailbox })).out), 19);
  const all = await menuWith(["5", "", "", "", "4"], { mailbox });
  assertEquals([rows(all.out), all.unused], [45, 0]);
  const { out } = await menuWith(["5", "user44", "", "q", "4"], { mailbox });
  assertStringIncludes(out, "Name:        user44\n");
});

Deno.test("menu: senders are marked in the list and explained in the mail", async () => {
  const mailbox = mailboxWith();
  mailbox.inbox = [
    listItem(3, { contact: "changed" }),
    listItem(2, { contact: "unverified" }),
    listItem(1),
  ];
  mailbox.opened = [mailWith(2, { contact: "unverified" }), mailWith(1)];
  const { out } = await menuWith(["2", "3", "2", "3", "1", "4"], { mailbox });
  assertStringIncludes(out, "INDEX     FROM  KEYS        DATE");
  assertStringIncludes(out, "    3  !  bob   CHANGED     ");
  assertStringIncludes(out, "    2     bob   unverified  ");
  assertStringIncludes(out, "    1     bob               ");
  assertEquals(out.match(/unverified: nobody has compared fingerprints with bob yet/g)?.length, 1);
});

Deno.test("menu: a list of verified senders has no column for keys", async () => {
  const mailbox = mailboxWith();
  mailbox.inbox = [listItem(1), listItem(2, { contact: null })];
  assert(!(await menuWith(["2", "4"], { mailbox })).out.includes("KEYS"));
});

Deno.test("menu: unverified recipients are marked when they were named, others are not", async () => {
  const mailbox = mailboxWith(contactWith("bob"), contactWith("eve", { state: "vouched" }));
  const { err } = await menuWith(["1", "bob; eve", "", "T", "", ".", "", "4"], { mailbox });
  assertStringIncludes(err, "bob (unverified): compare fingerprints once");
  assert(!err.includes("eve"), err);
});

Deno.test("menu: alarms and notices are told once, before the menu", async () => {
  const mailbox = mailboxWith();
  mailbox.findings = [evidenceWith(1)];
  mailbox.noticed = ["Somebody else\x1b[2J has joined as dora."];
  const { err } = await menuWith(["", "", "4"], { mailbox });
  assertEquals(err.match(/two different key logs/g)?.length, 1);
  assertStringIncludes(err, "Sending is stopped until you have looked at it");
  assertStringIncludes(err, "Warning: Somebody else␛[2J has joined as dora.\n");
});
