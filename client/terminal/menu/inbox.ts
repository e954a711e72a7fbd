/** Entry 2: display the inbox list. */

import { INBOX } from "./list/list_view.ts";
import { showList } from "./list/list_screen.ts";
import type { MenuWorld } from "./menu_world.ts";

/** Shows the inbox, newest first; a person gets it page by page. */
export function displayInbox(menu: MenuWorld): Promise<void> {
  return showList(menu, INBOX);
}
