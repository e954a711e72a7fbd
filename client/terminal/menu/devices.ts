/** The devices of the account in the menu. */

import { MailsecError } from "../../../crypto/errors.ts";
import { escapeLine } from "../../../cli/escape.ts";
import { computerName } from "../../care/device_name.ts";
import { deviceLines, enrolmentLines } from "../device_text.ts";
import { formatDate } from "../format.ts";
import { endedByCtrlC } from "../interrupt.ts";
import { confirm } from "../questions.ts";
import { askLetter } from "./choice.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

const WORK = { a: addDevice, r: removeDevice, o: relax, h: harden };

/** Shows which devices open the account, and changes that. */
export async function manageDevices(menu: MenuWorld): Promise<void> {
  while (true) {
    const { hardened, devices } = await menu.mailbox.care.devices();
    if (!hardened) {
      await tell(menu, "Your password opens this account on any computer.");
    } else {
      await tell(menu, "Only these devices open this account, each with your password:");
      const lines = deviceLines(devices, { width: menu.world.columns, style: menu.style });
      await menu.show(lines.map((line) => `${line}\n`).join(""));
    }
    const answer = await askLetter<keyof typeof WORK>(
      menu,
      hardened
        ? { a: "add a device", r: "remove one", o: "let any computer in again" }
        : { h: "let in only devices that you add" },
    );
    if (answer === null) return;
    try {
      await WORK[answer](menu);
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
    }
  }
}

async function harden(menu: MenuWorld): Promise<void> {
  await tell(
    menu,
    "Then a stolen password is of no use without one of your devices. If you lose them all, only " +
      "your recovery code brings the mail back.",
  );
  const name = await menu.prompter.ask("Name of this device: ", { initial: computerName() });
  if (name === null) return;
  if (!(await confirm(menu.prompter, "Let in only these devices?", false))) return;
  await menu.mailbox.care.harden(name);
}

async function relax(menu: MenuWorld): Promise<void> {
  if (!(await confirm(menu.prompter, "Is the password alone enough again?", false))) return;
  await menu.mailbox.care.relax();
}

async function addDevice(menu: MenuWorld): Promise<void> {
  const { mailbox, world, coloured, server } = menu;
  const added = await endedByCtrlC((signal) =>
    mailbox.care.addDevice({
      signal,
      onCode: async (enrolment) => {
        const lines = await enrolmentLines(enrolment, { width: world.columns, coloured });
        await menu.show(lines.map((line) => `${line}\n`).join(""));
        await tell(menu, `On the new device run: mailsec connect ${server} ${mailbox.me}`);
        await tell(menu, "It asks for your password and then for this code.");
        const until = formatDate(enrolment.expires);
        await tell(menu, `The code counts once, until ${until}. Give it to nobody.`);
        await tell(menu, "Waiting for it… (Ctrl-C ends the waiting)");
      },
    })
  );
  await tell(menu, added === null ? "No device was added." : `Added: ${added.name}`);
}

async function removeDevice(menu: MenuWorld): Promise<void> {
  const answer = (await menu.prompter.ask("Its number (Enter goes back): "))?.trim();
  if (answer === undefined || answer === "") return;
  const device = /^\d{1,4}$/.test(answer) ? Number(answer) : answer;
  try {
    const { name } = await menu.mailbox.care.removeDevice(device);
    await tell(menu, `Removed: ${name}. It opens the account no more.`);
  } catch (error) {
    if (!(error instanceof MailsecError) || error.code !== "not_found") throw error;
    await tell(menu, `There is no device ${escapeLine(answer)}.`);
  }
}
