/** Entry 7: search. */

import { parseQuery } from "../../query/parse.ts";
import { searchesText } from "../../query/query.ts";
import { searchLine } from "../search_progress.ts";
import { queryCompleter } from "./complete/query_words.ts";
import { QUERY_HELP } from "./list/list_help.ts";
import { INBOX } from "./list/list_view.ts";
import { showList } from "./list/list_screen.ts";
import { endsMenu, type MenuWorld, tell, tellError } from "./menu_world.ts";

/** How long a search brings the index up to date before it answers. */
const BUDGET_MS = 2000;

/** Asks for words and shows the mails that have them, in all folders but the trash. */
export async function searchMail(menu: MenuWorld): Promise<void> {
  const { mailbox, prompter } = menu;
  const complete = queryCompleter({
    contacts: () => mailbox.contacts(),
    folders: () => mailbox.folders.list(),
  });
  if (prompter.interactive) await tell(menu, QUERY_HELP);
  let initial = "";
  while (true) {
    const answer = await prompter.ask("Search for (Enter: menu): ", { initial, complete });
    const query = answer?.trim() ?? "";
    if (query === "") return;
    try {
      if (searchesText(parseQuery(query, Date.now()))) await updateIndex(menu);
      return await showList(menu, { ...INBOX, folder: null, query });
    } catch (error) {
      if (endsMenu(error)) throw error;
      await tellError(menu, error);
      initial = query;
    }
  }
}

async function updateIndex(menu: MenuWorld): Promise<void> {
  const line = searchLine(menu.world);
  const { covered, total } = await menu.mailbox.search
    .index({ budgetMs: BUDGET_MS, onProgress: line.onProgress })
    .finally(() => line.end());
  if (covered < total) {
    await tell(
      menu,
      `Of ${total - covered} of ${total} mails only title and people are searched yet: the index ` +
        "is being made.",
    );
  }
}
