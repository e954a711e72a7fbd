import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { generatePassphrase } from "../../client/passphrase.ts";
import { judgePassword } from "../../client/password_policy.ts";

Deno.test("password: weak ones are refused with a reason", async () => {
  const weak = [
    "",
    "a",
    "password",
    "P@ssword123",
    "qwertyuiop",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabc",
    "19.12.1987",
    "alice2026",
    "letmein!",
    "12345678901234567890",
  ];
  for (const password of weak) {
    const verdict = await judgePassword(password, ["alice", "mail.example.org"]);
    assertEquals(verdict.ok, false, password);
    assertLess(verdict.score, 3, password);
    assertMatch(verdict.reason!, /^[A-Z].*\.$/, password);
    for (const suggestion of verdict.suggestions) assertMatch(suggestion, /^[A-Z].*\.$/, password);
  }
});

Deno.test("password: strong ones are taken, whatever the script", async () => {
  for (const password of ["x7#kQ9!vLp2", "correct horse battery staple", "žluťoučký kůň pěl ódy"]) {
    const verdict = await judgePassword(password, ["alice"]);
    assertEquals([verdict.ok, verdict.reason], [true, undefined], password);
  }
});

Deno.test("password: the user's and the server's name do not make a password strong", async () => {
  const names = ["vratislav", "mailserver-42.example.org"];
  for (const password of ["vratislav", "Vratislav1", "mailserver-42.example.org"]) {
    assertEquals((await judgePassword(password, names)).ok, false, password);
  }
});

Deno.test("password: a very long one is judged without delay", async () => {
  await judgePassword("warm up", []);
  const began = performance.now();
  assertEquals((await judgePassword("a1B2".repeat(20_000), [])).ok, false);
  assertLess(performance.now() - began, 5000);
});

Deno.test("passphrase: six words, accepted by the policy, never the same twice", async () => {
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const phrase = await generatePassphrase();
    assertMatch(phrase, /^[a-z]+(-[a-z]+)*$/);
    assert(phrase.split("-").length >= 6, phrase);
    seen.add(phrase);
  }
  assertEquals(seen.size, 50);
  const [phrase] = seen;
  assertEquals((await judgePassword(phrase!, ["alice"])).score, 4);
});
