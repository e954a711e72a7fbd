/** The key log in the menu: what happened to keys on this server, and what was found wrong. */

import { TrustError } from "../../../crypto/trust_error.ts";
import type { Evidence } from "../../key_log/types.ts";
import { evidenceLines, logLines } from "../log_text.ts";
import { confirm } from "../questions.ts";
import { askLetter } from "./choice.ts";
import { type MenuWorld, tell, tellError } from "./menu_world.ts";

/** Entries shown: the newest. */
const SHOWN_ENTRIES = 20;

/** Shows the newest entries, verifies the log when asked to, and shows findings. */
export async function showKeyLog(menu: MenuWorld): Promise<void> {
  const { keyLog } = menu.mailbox;
  await tell(
    menu,
    "The key log has every change of anybody's keys here; nothing can be taken out.",
  );
  await showEntries(menu);
  while (true) {
    const found = await keyLog.evidence();
    const answer = await askLetter(menu, {
      v: "verify the whole log",
      e: found.length > 0 ? `show what was found wrong (${found.length})` : undefined,
    });
    if (answer === null) return;
    if (answer === "v") await verifyLog(menu);
    else await showFindings(menu, found);
  }
}

async function showEntries(menu: MenuWorld): Promise<void> {
  const entries = await menu.mailbox.keyLog.entries();
  const shown = entries.slice(-SHOWN_ENTRIES);
  if (shown.length < entries.length) {
    await tell(menu, `The newest ${shown.length} of ${entries.length}; all: mailsec log show`);
  }
  const lines = logLines(shown, { width: menu.world.columns, style: menu.style });
  await menu.show(lines.map((line) => `${line}\n`).join(""));
}

async function verifyLog(menu: MenuWorld): Promise<void> {
  try {
    const { size, users } = await menu.mailbox.keyLog.verify();
    await tell(menu, `The log is right: ${size} entries about ${users} names.`);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    await tellError(menu, error);
  }
}

/** Shows what was found, and asks about each that still stops sending. */
async function showFindings(menu: MenuWorld, findings: readonly Evidence[]): Promise<void> {
  for (const found of findings) {
    const lines = evidenceLines(found, menu.style);
    await menu.show(`\n${lines.map((line) => `${line}\n`).join("")}`);
    if (found.dismissed !== null) continue;
    if (await confirm(menu.prompter, "Did you look into it? Send mail again?", false)) {
      await menu.mailbox.keyLog.dismissEvidence(found.id);
      await tell(menu, "Sending goes on. What was found is kept.");
    }
  }
}
