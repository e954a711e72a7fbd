import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import type { Finished } from "../../tools/child.ts";
import { selfExtracting } from "../../tools/self_extracting.ts";

const HEAD = await Deno.readTextFile(new URL("../../tools/unpack_head.sh", import.meta.url));

/** Stands in for the runtime: prints its arguments and the first file's text, exits 7. */
const RUNTIME = `#!/bin/sh
printf '%s\\n' "$@"
cat "$(dirname "$0")/server/worker.js"
exit 7
`;

interface Box {
  folder: string;
  executable: string;
  cache: string;
  run(...args: string[]): Promise<Finished>;
  /** Runs it with these variables and no others. */
  runWith(env: Record<string, string>): Promise<Finished>;
}

/** Makes an executable in a folder of its own, runs `use`, and removes the folder. */
async function withExecutable(use: (box: Box) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const executable = `${folder}/mailsec`;
  const cache = `${folder}/cache`;
  const bytes = selfExtracting({
    version: "1.2.3",
    target: "test",
    runtime: utf8(RUNTIME),
    program: [
      { path: "main.js", bytes: utf8("main") },
      { path: "server/worker.js", bytes: utf8("worker text") },
    ],
    flags: ["--allow-env=A,B", "--allow-read"],
    head: HEAD,
  });
  await Deno.writeFile(executable, bytes, { mode: 0o755 });
  const start = (args: string[], options: Deno.CommandOptions) =>
    new Deno.Command(executable, { ...options, args }).output().then((output) => ({
      code: output.code,
      stdout: new TextDecoder().decode(output.stdout),
      stderr: new TextDecoder().decode(output.stderr),
    }));
  const run = (...args: string[]) => start(args, { env: { XDG_CACHE_HOME: cache } });
  const runWith = (env: Record<string, string>) =>
    start([], { clearEnv: true, env: { PATH: Deno.env.get("PATH") ?? "", ...env } });
  try {
    await use({ folder, executable, cache, run, runWith });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

Deno.test("self-extracting: runs the program with its permissions, arguments and exit code", () =>
  withExecutable(async ({ run, cache }) => {
    const { code, stdout, stderr } = await run("send", "a title with 'quotes' and  blanks", "");
    assertEquals([code, stderr], [7, ""]);
    const [, ...lines] = stdout.split("\n");
    assertEquals(lines.slice(0, 7), [
      ...["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
      "--allow-env=A,B",
    ]);
    assertEquals(lines[7], "--allow-read");
    assert(lines[8]?.startsWith(`${cache}/mailsec/1.2.3-`) && lines[8].endsWith("/main.js"));
    assertEquals(lines.slice(9), ["send", "a title with 'quotes' and  blanks", "", "worker text"]);
  }));

Deno.test("self-extracting: unpacks once, to a folder that only its owner can open", () =>
  withExecutable(async ({ run, cache }) => {
    await run();
    const [name = ""] = namesIn(`${cache}/mailsec`);
    assertMatch(name, /^1\.2\.3-[0-9a-f]{16}$/);
    const folder = `${cache}/mailsec/${name}`;
    assertEquals(namesIn(folder), ["SHA256SUMS", "deno", "main.js", "server"]);
    assertEquals((await Deno.stat(folder)).mode! & 0o777, 0o700);
    assertEquals((await Deno.stat(`${cache}/mailsec`)).mode! & 0o777, 0o700);
    assertEquals((await Deno.stat(`${folder}/main.js`)).mode! & 0o777, 0o600);
    const { ino } = await Deno.stat(`${folder}/deno`);
    await run();
    assertEquals((await Deno.stat(`${folder}/deno`)).ino, ino);
  }));

Deno.test("self-extracting: started many times at once it unpacks whole and leaves nothing over", () =>
  withExecutable(async ({ run, cache }) => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => run("x")));
    assertEquals(runs.map(({ code }) => code), Array(8).fill(7));
    assertEquals(namesIn(`${cache}/mailsec`).length, 1);
    const [name] = namesIn(`${cache}/mailsec`);
    assertEquals(namesIn(`${cache}/mailsec/${name}`), ["SHA256SUMS", "deno", "main.js", "server"]);
  }));

Deno.test("self-extracting: a damaged file is refused, never run, and leaves nothing over", () =>
  withExecutable(async ({ executable, run, cache }) => {
    const whole = await Deno.readFile(executable);
    const flipped = whole.map((byte, i) => i === whole.length - 60 ? byte ^ 1 : byte);
    const damages: [string, Uint8Array][] = [
      ["cut short", whole.subarray(0, whole.length - 100)],
      ["no archive", whole.subarray(0, HEAD.length)],
      ["a bit flipped", flipped],
    ];
    for (const [what, bytes] of damages) {
      await Deno.writeFile(executable, bytes);
      const { code, stdout, stderr } = await run();
      assertEquals([code, stdout], [1, ""], what);
      assertStringIncludes(stderr.split("\n").at(-2) ?? "", "is damaged", what);
      assertEquals(namesIn(`${cache}/mailsec`), [], what);
    }
  }));

Deno.test("self-extracting: without a cache that can be written it unpacks to the temporary folder", () =>
  withExecutable(async ({ folder, runWith }) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.mkdir(`${folder}/tmp`);
    const homes: Record<string, string>[] = [{}, { HOME: "" }, { HOME: `${folder}/file` }];
    for (const home of homes) {
      const { code, stderr } = await runWith({ ...home, TMPDIR: `${folder}/tmp` });
      assertEquals([code, stderr], [7, ""], JSON.stringify(home));
      const own = `${folder}/tmp/mailsec-${Deno.uid()}`;
      assertEquals((await Deno.stat(own)).mode! & 0o777, 0o700);
      assertEquals(namesIn(own).length, 1);
      await Deno.remove(own, { recursive: true });
    }
  }));

Deno.test("self-extracting: files of others in the cache stay", () =>
  withExecutable(async ({ run, cache }) => {
    await Deno.mkdir(`${cache}/mailsec/0.9.0-0123456789abcdef`, { recursive: true });
    await Deno.writeTextFile(`${cache}/mailsec/notes`, "mine");
    assertEquals((await run()).code, 7);
    assertEquals(namesIn(`${cache}/mailsec`).length, 3);
  }));

Deno.test("self-extracting: the same input gives the same bytes", () => {
  const make = () =>
    selfExtracting({
      ...{ version: "1", target: "t", flags: [], head: "#!/bin/sh\n" },
      runtime: utf8("runtime"),
      program: [{ path: "main.js", bytes: utf8("main") }],
    });
  assertEquals(make(), make());
});
