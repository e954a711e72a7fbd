import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Key, KeyDecoder } from "../../client/terminal/keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Keys in short: text as it is, a paste in angle brackets, controls in square ones. */
function short(keys: readonly Key[]): string {
  return keys.map((key) =>
    key.kind === "text" ? key.text : key.kind === "paste" ? `<${key.text}>` : `[${key.key}]`
  ).join("");
}

function decode(...chunks: (string | number[])[]): string {
  const decoder = new KeyDecoder();
  return short(
    chunks.flatMap((chunk) =>
      decoder.push(typeof chunk === "string" ? bytes(chunk) : new Uint8Array(chunk))
    ),
  );
}

Deno.test("keys: control characters, cursor keys and text", () => {
  const cases: [string, string][] = [
    ["abc é日😀", "abc é日😀"],
    ["a\tb", "a[tab]b"],
    ["\r", "[enter]"],
    ["\x7f\x08", "[backspace][backspace]"],
    ["\x15\x17\x0b", "[deleteToStart][deleteWord][deleteToEnd]"],
    ["\x03\x04", "[interrupt][endOfInput]"],
    ["\x1b[D\x1b[C\x1bOH\x1b[4~\x1b[3~", "[left][right][home][end][delete]"],
    ["\x1b[1;5D\x1bf\x1b\x7f", "[wordLeft][wordRight][deleteWord]"],
  ];
  for (const [typed, keys] of cases) assertEquals(decode(typed), keys, JSON.stringify(typed));
});

Deno.test("keys: unknown sequences are swallowed whole", () => {
  const cases = [
    "\x1b[A",
    "\x1b[15~",
    "\x1b[1;2P",
    "\x1b[?1;2c",
    "\x1bOP",
    "\x1bx",
    "\x00\x1c\x1f",
  ];
  for (const typed of cases) assertEquals(decode(`a${typed}b`), "ab", JSON.stringify(typed));
});

Deno.test("keys: line ends of files are one key each", () => {
  assertEquals(decode("a\r\nb\nc\r\r"), "a[enter]b[enter]c[enter][enter]");
  assertEquals(decode("a\r", "\nb"), "a[enter]b");
});

Deno.test("keys: what is pasted is one key, its line ends and control characters harmless", () => {
  assertEquals(
    decode("\x1b[200~one\r\ntwo\rthree\x03\x1b[A\x1b[201~x"),
    "<one\ntwo\nthree\x03\x1b[A>x",
  );
  assertEquals(decode("\x1b[200~", "\x1b[20", "0~a\x1b[20", "1~b"), "<\x1b[200~a>b");
  assertEquals(decode("\x1b[200~\x1b[201~"), "<>");
});

Deno.test("keys: characters and sequences may be cut anywhere", () => {
  const typed = bytes("é😀\x1b[1;5D日\r\nx\x1b[200~p😀\rq\x1b[201~\x1bOH\x7f");
  const whole = short(new KeyDecoder().push(typed));
  for (let cut = 1; cut < typed.length; cut++) {
    const decoder = new KeyDecoder();
    const parts = [typed.subarray(0, cut), typed.subarray(cut)].map((part) => decoder.push(part));
    assertEquals(short(parts.flat()), whole, `cut at ${cut}`);
  }
  const decoder = new KeyDecoder();
  const single = [...typed].flatMap((byte) => decoder.push(new Uint8Array([byte])));
  assertEquals(short(single), whole);
});

Deno.test("keys: any bytes are survived, and Enter still works after them", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
    const decoder = new KeyDecoder();
    decoder.push(noise);
    // Ends whatever was begun: a paste, a sequence, a character.
    decoder.push(bytes("\x1b[201~m~\x1b[201~ "));
    assertEquals(short(decoder.push(bytes("ok\r"))), "ok[enter]");
  }));
});

Deno.test("keys: a sequence that never ends does not swallow everything after it", () => {
  const decoder = new KeyDecoder();
  decoder.push(bytes("\x1b[" + "1;".repeat(100)));
  assertEquals(short(decoder.push(bytes("x\r"))).endsWith("[enter]"), true);
});
