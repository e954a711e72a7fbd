/** The questions about a mail's head: recipients, changed keys, title. */

import { MAX_TITLE_BYTES } from "../../../protocol/limits.ts";
import type { CheckedRecipient } from "../../contact_types.ts";
import { KeyChangedError, RecipientsError } from "../../errors.ts";
import { stateMark } from "../contact_words.ts";
import { confirm } from "../questions.ts";
import { nameCompleter } from "./complete/names.ts";
import { bytesOf, type Draft, type Heads } from "./draft.ts";
import { headsText, parseHeads } from "./heads.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

const TO = "To (names separated by ; or ,): ";
const OTHERS = "Cc (Enter: nobody; secretly: bcc: NAME): ";

/**
 * Asks for the recipients until they are right: whom it is to, and a person also for copies. False:
 * back to the menu.
 */
export async function askRecipients(menu: MenuWorld, draft: Draft): Promise<boolean> {
  const complete = nameCompleter(() => menu.mailbox.contacts());
  while (true) {
    const { to, cc, bcc } = draft.heads;
    const typed = await menu.prompter.ask(TO, { initial: to.join("; "), complete });
    if (typed === null) return false;
    const named = parseHeads(typed);
    // What was in the other lines stays, unless the answer says something else about it.
    const others = named.cc.length + named.bcc.length > 0 ? named : { cc, bcc };
    draft.heads = { to: named.to, cc: others.cc, bcc: others.bcc };
    if (named.to.length + draft.heads.cc.length + draft.heads.bcc.length === 0) return false;
    if (menu.prompter.interactive && others !== named) {
      if (!(await exist(menu, named.to))) continue;
      const initial = headsText({ to: [], cc, bcc }, "cc");
      const answer = await menu.prompter.ask(OTHERS, { initial, complete });
      if (answer === null) return false;
      const more = parseHeads(answer, "cc");
      draft.heads = { to: [...draft.heads.to, ...more.to], cc: more.cc, bcc: more.bcc };
    }
    const outcome = await checkRecipients(menu, draft);
    if (outcome !== "again") return outcome === "right";
  }
}

/** A wrong name is told at once, before anything else is asked; everything else later. */
async function exist(menu: MenuWorld, names: readonly string[]): Promise<boolean> {
  try {
    if (names.length > 0) await menu.mailbox.checkRecipients(names);
  } catch (error) {
    if (error instanceof RecipientsError) {
      await tellError(menu, error);
      return false;
    }
    if (endsMenu(error)) throw error;
  }
  return true;
}

/** Checks them with the server. `again`: to be asked for again. */
export async function checkRecipients(
  menu: MenuWorld,
  draft: Draft,
): Promise<"right" | "again" | "later"> {
  const { to, cc, bcc } = draft.heads;
  try {
    const checked = await menu.mailbox.checkRecipients([...to, ...cc, ...bcc]);
    draft.heads = normalized(draft.heads, checked);
    draft.checked = true;
    await tellUnverified(menu, checked);
    return "right";
  } catch (error) {
    if (error instanceof KeyChangedError) {
      if (!(await acceptKeys(menu, draft, error))) return "again";
      draft.checked = true;
      return "right";
    }
    if (!(error instanceof RecipientsError)) {
      if (endsMenu(error)) throw error;
      // Not the recipients' fault: kept as typed, and asked again when the user comes back.
      await tellError(menu, error);
      return await confirm(menu.prompter, "Try again?", true) ? "again" : "later";
    }
    await tellError(menu, error);
    return "again";
  }
}

/** The names as they are used, each once, where it stands first. */
function normalized(heads: Heads, checked: readonly CheckedRecipient[]): Heads {
  const users = new Set(checked.map(({ user }) => user));
  const take = (names: readonly string[]) =>
    names.flatMap((name) => {
      const user = name.toLowerCase().normalize("NFC");
      return users.delete(user) ? [user] : [];
    });
  return { to: take(heads.to), cc: take(heads.cc), bcc: take(heads.bcc) };
}

/** Says which of the recipients' keys nobody has compared yet. */
async function tellUnverified(
  menu: MenuWorld,
  checked: readonly CheckedRecipient[],
): Promise<void> {
  const marked = checked.filter(({ state }) => stateMark(state) !== "");
  if (marked.length === 0) return;
  const names = marked.map(({ user, state }) => `${user} (${stateMark(state)})`);
  await tell(menu, `${names.join(", ")}: compare fingerprints once, with 5) contacts.`);
}

/** Asks for the title until it is short enough. False: back to the menu. */
export async function askTitle(menu: MenuWorld, draft: Draft): Promise<boolean> {
  while (true) {
    const answer = await menu.prompter.ask("Title: ", { initial: draft.title });
    if (answer === null) return false;
    draft.title = answer;
    const bytes = bytesOf(answer);
    if (bytes <= MAX_TITLE_BYTES) return true;
    await tell(menu, `The title has ${bytes} bytes; it may have ${MAX_TITLE_BYTES}.`);
  }
}

function whyChanged(user: string, state: "changed" | "reset"): string {
  return state === "reset"
    ? `An administrator has given the name "${user}" new keys.`
    : `Nothing says why: somebody may be pretending to be ${user}.`;
}

/** Shows whose keys have changed and asks whether to send nevertheless. */
export async function acceptKeys(
  menu: MenuWorld,
  draft: Draft,
  error: KeyChangedError,
): Promise<boolean> {
  const { yellow } = menu.style;
  await menu.world.stderr(yellow("The keys of a recipient are not those seen before.") + "\n");
  for (const { user, before, now, state } of error.changes) {
    await tell(menu, `${user}: before ${before}`);
    await tell(menu, `${" ".repeat(user.length)}  now    ${now}`);
    await tell(menu, whyChanged(user, state));
  }
  await tell(menu, "Ask them by another way than this whether it is right.");
  if (!(await confirm(menu.prompter, "Send with the new keys?", false))) return false;
  const shown = error.changes.map(({ user, now }) => [user, now] as const);
  draft.acceptChangedKeys = new Map([...draft.acceptChangedKeys, ...shown]);
  return true;
}
