/**
 * `deno task demo`: the main job in under thirty seconds, with the real program as child
 * processes: a server on a free port in a temporary folder, two users who join by invite, a large
 * file and a short mail to both, their lists, a mail displayed, a search for the plaintext in the
 * server's files. Everything is removed at the end, also after Ctrl-C.
 */
import { MAX_BODY_BYTES } from "../protocol/limits.ts";
import { Office } from "./office.ts";
import { scanForPlaintext } from "./plaintext_scan.ts";

const colour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
const paint = (code: string, text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
const bold = (text: string) => paint("1", text);
const dim = (text: string) => paint("2", text);
const green = (text: string) => paint("32", text);

const USERS = ["alice", "bob"];
const TITLE = "Lunch on Friday";
const LETTER = `Dear all,

lunch is at noon, in the room with the blue drawer. 🥗
The code of the door is 4711; do not write it on the door.

Alice
`;
const SECRETS = ["room with the blue drawer", "code of the door is 4711", "Harvest figures"];

let stepNumber = 0;

/** Runs one step of the story and says how long it took. */
async function step<T>(title: string, run: () => Promise<T>): Promise<T> {
  console.log(`\n${bold(`${++stepNumber}. ${title}`)}`);
  const started = performance.now();
  const result = await run();
  console.log(dim(`   ${((performance.now() - started) / 1000).toFixed(1)} s`));
  return result;
}

function say(text: string): void {
  console.log(text.trimEnd().split("\n").map((line) => `   ${line}`).join("\n"));
}

function proved(text: string): void {
  say(`${green("✓")} ${text}`);
}

/** A command line as a person would type it; the prompt says who does. */
function showCommand(args: string[], folder: string, user = "admin"): void {
  const words = args
    .map((word) => word.replace(`${folder}/`, ""))
    .map((word) => word.length > 70 ? `${word.slice(0, 40)}…` : word)
    .map((word) => /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("\n", "↵")}'`);
  say(dim(`${user}$ mailsec ${words.join(" ")}`));
}

/** A text file of exactly the greatest size that may be sent, in which every line is different. */
function largeText(): string {
  const lines: string[] = [];
  for (let i = 0; lines.length * 40 < MAX_BODY_BYTES; i++) {
    lines.push(`${SECRETS[2]}, row ${String(i).padStart(6, "0")}: ${crypto.randomUUID()}`);
  }
  return lines.join("\n").slice(0, MAX_BODY_BYTES - 1) + "\n";
}

async function serve(office: Office): Promise<void> {
  await office.startServer();
  proved(`It listens on ${office.address}; its data is in ${office.data}.`);
  say(
    "It has made its keys: signatures of Ed25519 + ML-DSA-65, key exchange of RSA-3072 + ML-KEM.",
  );
}

async function join(office: Office): Promise<void> {
  say(
    "An invite names the server's fingerprint and a secret, so that the first connection already",
  );
  say("knows whom it talks to. Each user chooses a password, which never leaves her machine, and");
  say("gets a recovery code: without password and code nothing brings her mail back.");
  await Promise.all(USERS.map((user) => office.join(user)));
  proved(`${USERS.join(" and ")} have joined.`);
}

async function send(office: Office, file: string): Promise<void> {
  const sent = await office.must(["send", ...USERS, "--title", "Figures", "--file", file], {
    user: "alice",
  });
  say(sent);
  say(await office.must(["send", ...USERS, "--title", TITLE, "--body", LETTER], { user: "alice" }));
  proved("Sealed on alice's side for each reader, acknowledged once it was safely on disk.");
}

async function list(office: Office): Promise<void> {
  for (const user of USERS) say(await office.must(["list"], { user }));
}

async function display(office: Office, text: string): Promise<void> {
  say(await office.must(["read", "2"], { user: "bob" }));
  const { body } = JSON.parse(await office.must(["read", "1", "--json"], { user: "bob" }));
  if (body !== text) throw new Error("the file did not come back byte for byte");
  proved(`The file came back to bob byte for byte: ${MAX_BODY_BYTES.toLocaleString("en")} bytes.`);
}

async function search(office: Office, clientFolder: string): Promise<void> {
  const texts = [...SECRETS, TITLE, ...USERS.map((user) => office.password(user))];
  const control = await scanForPlaintext(clientFolder, texts);
  say(`The same search in what alice typed finds ${control.hits.length} places, so it does find.`);
  const { files, bytes, hits } = await scanForPlaintext(office.data, texts);
  const megabytes = (bytes / 1e6).toFixed(1);
  if (hits.length > 0 || control.hits.length === 0) {
    throw new Error(`plaintext in the server's files: ${JSON.stringify(hits)}`);
  }
  proved(
    `None of the titles, texts and passwords in the server's ${files} files (${megabytes} MB).`,
  );
  await office.must(["verify", office.data]);
  proved("The store verifies: nothing is missing, nothing damaged.");
}

async function tell(office: Office): Promise<void> {
  const typed = `${office.folder}/typed`;
  const text = largeText();
  await Deno.mkdir(typed);
  await Deno.writeTextFile(`${typed}/figures.txt`, text);
  await Deno.writeTextFile(`${typed}/letter.txt`, `${TITLE}\n${LETTER}`);
  await step("The server starts", () => serve(office));
  await step("The administrator invites two users, and they join", () => join(office));
  await step("alice sends a file and a letter to both", () => send(office, `${typed}/figures.txt`));
  await step("Both look into their inboxes", () => list(office));
  await step("bob displays a mail", () => display(office, text));
  await step("Has the server seen any of it?", () => search(office, typed));
  await step("The server is told to stop", async () => {
    const { code } = await office.stopServer();
    if (code !== 0) throw new Error(`the server ended with ${code}`);
    proved("It finished what was under way, closed its store and ended with 0.");
  });
}

async function main(): Promise<number> {
  const started = performance.now();
  let folder = "";
  const office = await Office.create({
    onCommand: (args, user) => showCommand(args, folder, user),
  });
  folder = office.folder;
  let stopped = false;
  const stop = () => {
    stopped = true;
    office.close().finally(() => Deno.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
  console.log(`${bold("mailsec")}: a whole office on this machine, in ${folder}`);
  try {
    await tell(office);
  } catch (error) {
    // Ctrl-C ends the child processes too: what fails because of that is no failure to report.
    if (stopped) return await new Promise(() => {});
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    if (!stopped) await office.close();
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `\n${bold("Done")} in ${seconds} s; the folder is gone. The README says how to go on:`,
  );
  console.log("serve on your machine, invite your team, connect.");
  return 0;
}

if (import.meta.main) Deno.exit(await main());
