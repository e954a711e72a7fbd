/** Contacts and the key log as tables and text. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { styleFor } from "../../cli/style.ts";
import { textWidth } from "../../cli/text_width.ts";
import type { ContactState } from "../../client/contact_types.ts";
import { contactListLines, stateLegend } from "../../client/terminal/contact_list.ts";
import { contactText, fingerprintLines } from "../../client/terminal/contact_text.ts";
import { stateMark } from "../../client/terminal/contact_words.ts";
import { deviceLines } from "../../client/terminal/device_text.ts";
import { eventWords, evidenceLines, logLines } from "../../client/terminal/log_text.ts";
import { contactWith, evidenceWith, FINGERPRINT, logLine, OTHER_FINGERPRINT } from "./people.ts";

const style = styleFor(false);
const STATES: ContactState[] = ["verified", "vouched", "unverified", "changed", "reset"];
const LONG_NAME = "a".repeat(32);

Deno.test("contacts: the table has name, state, whole fingerprints and notes in 80 columns", () => {
  const lines = contactListLines([
    contactWith("alice", { isMe: true, state: "verified", role: "admin" }),
    contactWith("bob"),
    contactWith("carol", { state: "vouched", vouchedBy: ["alice"], status: "disabled" }),
    contactWith("dora", { state: "changed" }),
  ], { width: 80, style });
  assertEquals(lines, [
    "NAME   STATE       FINGERPRINT                              NOTE",
    `alice  verified    ${FINGERPRINT}  you, admin`,
    `bob    unverified  ${FINGERPRINT}`,
    `carol  vouched     ${FINGERPRINT}  disabled, by alice`,
    `dora   CHANGED     ${FINGERPRINT}`,
  ]);
});

Deno.test("contacts: tables fit every terminal, and no fingerprint is ever cut", () => {
  const contacts = STATES.map((state) =>
    contactWith(LONG_NAME, { state, vouchedBy: [LONG_NAME, "bob"], role: "admin" })
  );
  for (const width of [40, 60, 71, 72, 80, 120]) {
    const lines = contactListLines(contacts, { width, style });
    for (const line of lines) assert(textWidth(line) <= width, `${width}: ${line}`);
    const text = lines.join("\n");
    assert(!/0RH4-7M2K/.test(text) || text.includes(FINGERPRINT), text);
  }
});

Deno.test("contacts: the states that occur are explained, and always what verified means", () => {
  assertEquals(stateLegend([contactWith("alice", { isMe: true, state: "verified" })]), []);
  const legend = stateLegend([contactWith("bob"), contactWith("eve", { state: "reset" })]);
  assertEquals(legend.map((line) => line.split(":")[0]), ["verified", "unverified", "reset"]);
});

Deno.test("contacts: only keys that are not known to be right have a mark", () => {
  assertEquals(STATES.map(stateMark), ["", "", "unverified", "CHANGED", "reset"]);
  assertEquals(stateMark(null), "");
});

Deno.test("contacts: the text of one says what is known and what to do, in every state", () => {
  const expected: Record<ContactState, string> = {
    verified: "nobody else can read",
    vouched: "alice vouched for these keys",
    unverified: "Nobody has compared",
    changed: "THESE ARE NOT THE KEYS THAT YOU KNEW",
    reset: "new keys. Mail to bob is stopped",
  };
  for (const state of STATES) {
    const contact = contactWith("bob", { state, vouchedBy: state === "vouched" ? ["alice"] : [] });
    const text = contactText(contact, { width: 200, style });
    assertStringIncludes(text, `Fingerprint: ${FINGERPRINT}\n`);
    assertStringIncludes(text, expected[state]);
  }
});

Deno.test("contacts: changed keys are shown beside those known before", () => {
  const contact = contactWith("bob", { state: "changed", pinned: OTHER_FINGERPRINT });
  const text = contactText(contact, { width: 80, style });
  assertStringIncludes(text, `Fingerprint: ${FINGERPRINT}\nYou knew:    ${OTHER_FINGERPRINT}\n`);
  assert(!contactText(contactWith("bob"), { width: 80, style }).includes("You knew"));
});

Deno.test("contacts: the text fits narrow terminals with whole groups in every line", () => {
  assertEquals(fingerprintLines(FINGERPRINT, 27), [
    "0RH4-7M2K-Q3VD-81NZ",
    "0RH4-7M2K-Q3VD-81NZ",
  ]);
  assertEquals(fingerprintLines(FINGERPRINT, 10).length, 4);
  for (const state of STATES) {
    const text = contactText(contactWith("bob", { state }), { width: 40, style });
    for (const line of text.split("\n")) assert(textWidth(line) <= 40, line);
  }
});

Deno.test("contacts and log: nothing that the server says can move the cursor", () => {
  const evil = "e\x1b[2J\nv\u202e";
  const shown = [
    contactText(contactWith(evil, { vouchedBy: [evil], fingerprint: evil, state: "vouched" }), {
      width: 80,
      style,
    }),
    ...contactListLines([contactWith(evil, { fingerprint: evil })], { width: 80, style }),
    ...logLines([logLine(1, { user: evil })], { width: 80, style }),
    ...evidenceLines(
      evidenceWith(1, {
        ...{ message: evil, hint: "\x1b[2J", entries: [logLine(1, { user: evil })] },
        heads: [{ by: evil, size: 1, root: evil, note: null }],
        mail: { id: evil, from: evil },
      }),
      style,
    ),
    ...deviceLines([{ number: 1, name: evil, added: evil, isThis: true }], { width: 80, style }),
  ].join("\n");
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(shown), JSON.stringify(shown));
});

Deno.test("log: the table fits, and every kind of entry has words", () => {
  const types = [
    "first",
    "rotate",
    "reset",
    "vouch",
    "disabled",
    "enabled",
    "removed",
    "admin_granted",
    "admin_revoked",
    "account_reset",
  ] as const;
  assertEquals(new Set(types.map(eventWords)).size, types.length);
  const entries = types.map((type, seq) => logLine(seq + 99_990, { type, user: LONG_NAME }));
  for (const width of [40, 80]) {
    for (const line of logLines(entries, { width, style })) {
      assert(textWidth(line) <= width, `${width}: ${line}`);
    }
  }
  assertStringIncludes(logLines([logLine(3)], { width: 80, style })[1]!, "bob   joined");
});

Deno.test("log: a finding shows its number, what to do, and the heads that contradict", () => {
  const lines = evidenceLines(evidenceWith(2), style).join("\n");
  assertStringIncludes(lines, "Number 2, noticed ");
  assertStringIncludes(lines, "sending is stopped");
  assertStringIncludes(lines, "Compare with your colleagues.");
  assertStringIncludes(lines, "The server shows: 12 entries, root cdcdcdcdcdcdcdcd…");
  const dismissed = evidenceWith(2, { dismissed: "2026-11-24T10:00:00.000Z" });
  assert(!evidenceLines(dismissed, style).join("\n").includes("sending is stopped"));
});
