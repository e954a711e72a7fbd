/** A transfer for somebody who is logged in to a real server. */

import type { Account } from "../../../client/account.ts";
import { Contacts } from "../../../client/contacts.ts";
import { EntryBook } from "../../../client/entry_book.ts";
import { Folders } from "../../../client/folders.ts";
import { MailIndex } from "../../../client/index/mail_index.ts";
import { FakeStore } from "../search/doubles.ts";
import { Intake } from "../../../client/mailbox_intake.ts";
import { Reader } from "../../../client/mailbox_read.ts";
import { Transfer } from "../../../client/transfer/transfer.ts";

export interface TransferOf {
  readonly transfer: Transfer;
  readonly index: MailIndex;
}

export function transferOf(account: Account): TransferOf {
  const contacts = new Contacts(account);
  const book = new EntryBook(account);
  const intake = new Intake(account, { contacts, book });
  const index = new MailIndex({
    book,
    intake,
    places: { disk: new FakeStore(), server: new FakeStore() },
  });
  const reader = new Reader(account, { book, intake, contacts });
  const { state } = account;
  const folders = new Folders({ state, index, emptyInto: () => Promise.resolve(0) });
  const transfer = new Transfer({
    ...{ account, index, folders },
    maxMessageBytes: () => account.hello.maxMessageBytes,
    select: () => Promise.resolve(index.indexes()),
    raw: (number) => reader.raw(number),
    async copy(indices, folder) {
      const found = await book.find({ indices });
      await book.change(found.flatMap((place) => book.open(place) ?? []), (entry) => {
        return entry.also.includes(folder) ? entry : { ...entry, also: [...entry.also, folder] };
      });
    },
  });
  return { transfer, index };
}
