import { assert, assertEquals } from "@std/assert";
import { device, FakeMails, found } from "./doubles.ts";

/** Mails of all kinds, indexed. */
async function office() {
  const mails = new FakeMails();
  mails.add(
    { title: "Budget 2027", from: "bob", body: "The numbers for next year" },
    { title: "Lunch", from: "carol", to: ["alice", "dave"], body: "Shall we talk of the budget?" },
    { title: "Report", body: "quarterly report, see the file", attachments: ["Umsätze-Q3.xlsx"] },
    { title: "会議", body: "明日の会議は中止です 🎉" },
    { title: "Re: Report", body: "the see file report quarterly" },
  );
  const { search } = device(mails);
  await search.index();
  return { mails, search };
}

Deno.test("search: words are found in titles, people, attachments and bodies", async () => {
  const { search } = await office();
  assertEquals(await found(search, "BUDGET"), [2, 1]);
  assertEquals(await found(search, "dave"), [2]);
  assertEquals(await found(search, "umsatze"), [3]);
  assertEquals(await found(search, "numbers"), [1]);
  assertEquals(await found(search, "absent"), []);
});

Deno.test("search: all words must be there", async () => {
  const { search } = await office();
  assertEquals(await found(search, "budget", "numbers"), [1]);
  assertEquals(await found(search, "budget", "report"), []);
});

Deno.test("search: phrases, prefixes and columns", async () => {
  const { search } = await office();
  const find = async (term: Parameters<typeof search.find>[0][number]) => [
    ...(await search.find([term])).ranks.keys(),
  ];
  assertEquals(await find({ text: "see the file", phrase: true }), [3]);
  assertEquals(await find({ text: "quart", prefix: true }), [5, 3]);
  assertEquals(await find({ text: "quart" }), []);
  assertEquals(await find({ text: "see the fi", phrase: true, prefix: true }), [3]);
  assertEquals(await find({ text: "budget", column: "title" }), [1]);
  assertEquals(await find({ text: "budget", column: "body" }), [2]);
  assertEquals(await find({ text: "carol", column: "people" }), [2]);
  assertEquals(await find({ text: "xlsx", column: "attachments" }), [3]);
  assertEquals(await find({ text: "umsätze-q3" }), [3]);
});

Deno.test("search: a phrase does not run over from one column into the next", async () => {
  const { search } = await office();
  const { ranks } = await search.find([{ text: "2027 bob", phrase: true }]);
  assertEquals(ranks.size, 0);
});

Deno.test("search: scripts without blanks, and emoji", async () => {
  const { search } = await office();
  assertEquals(await found(search, "会議"), [4]);
  assertEquals(await found(search, "議会"), []);
  assertEquals(await found(search, "中止"), [4]);
  assertEquals(await found(search, "🎉"), [4]);
});

Deno.test("search: whatever is typed stays a text", async () => {
  const { search } = await office();
  const nothing = [
    '" OR *',
    '"',
    "*",
    "",
    " ",
    "\0",
    "NEAR(budget report)",
    "title:",
    "a".repeat(1e4),
  ];
  for (const text of nothing) assertEquals(await found(search, text), [], text);
  assertEquals(await found(search, 'budget" OR "report'), []);
  assertEquals(await found(search, "budget*"), [2, 1]);
  assertEquals(await found(search, "-budget"), [2, 1]);
  assertEquals(await found(search, "^budget"), [2, 1]);
  assertEquals(await found(search, "\u202Ebudget\ud800"), [2, 1]);
  const long = "budget ".repeat(5000);
  assertEquals(await found(search, long), []);
  const { ranks } = await search.find(Array.from({ length: 500 }, () => ({ text: "budget" })));
  assertEquals([...ranks.keys()], [2, 1]);
});

Deno.test("search: punctuation beside words asks for nothing", async () => {
  const { search } = await office();
  assertEquals(await found(search, "budget", "&", "numbers"), [1]);
});

Deno.test("search: ranked by where and how often a word stands", async () => {
  const mails = new FakeMails();
  const filler = Array.from({ length: 30 }, (_, i) => `Something else, number ${i}`);
  mails.add(...filler);
  const inBody = mails.add({ title: "Hello", body: "once budget, and much else that matters not" });
  const inTitle = mails.add({ title: "Budget", body: "and much else that matters not at all" });
  const { search } = device(mails);
  await search.index();
  const { ranks } = await search.find([{ text: "budget" }], { ranked: true });
  assertEquals([...ranks.keys()], [inTitle, inBody]);
  assert(ranks.get(inTitle)! > ranks.get(inBody)!);
  assert(ranks.get(inBody)! > 0);
});

Deno.test("search: a limit and a filter, across segments, the newest first", async () => {
  const mails = new FakeMails();
  mails.add(...Array.from({ length: 4200 }, (_, i) => i % 2 === 0 ? "even" : "odd"));
  const { search } = device(mails);
  await search.index();
  const { ranks } = await search.find([{ text: "odd" }], {
    limit: 3,
    accepts: (index) => index % 4 === 0 && index < 4100,
  });
  assertEquals([...ranks.keys()], [4096, 4092, 4088]);
  assertEquals((await search.find([{ text: "even" }])).ranks.size, 2100);
});

Deno.test("search: of mails that are not in the index, title and people are searched", async () => {
  const mails = new FakeMails();
  mails.add(
    ...Array.from({ length: 80 }, () => ({ title: "Büro", from: "carol", body: "secret" })),
  );
  const { search } = device(mails);
  const title = await search.find([{ text: "buro" }]);
  assertEquals([title.ranks.size, title.complete], [80, false]);
  assertEquals(title.coverage, { covered: 0, total: 80 });
  assertEquals((await search.find([{ text: "car", prefix: true }])).ranks.size, 80);
  assertEquals((await search.find([{ text: "secret" }])).ranks.size, 0);
  assertEquals((await search.find([{ text: "carol", column: "title" }])).ranks.size, 0);
  assertEquals(mails.reads, []);
  await search.index();
  const body = await search.find([{ text: "secret" }]);
  assertEquals([body.ranks.size, body.complete], [80, true]);
});

Deno.test("search: a few mails that are new are put in before", async () => {
  const { mails, search } = await office();
  mails.add("a brand-new mail");
  assertEquals(await found(search, "brand"), [6]);
});

Deno.test("search: without a connection the index still answers", async () => {
  const { mails, search } = await office();
  const { ConnectError } = await import("../../../client/errors.ts");
  mails.add({ title: "News", body: "out of reach", fault: new ConnectError("lost", "lost") });
  const { ranks, complete } = await search.find([{ text: "budget" }]);
  assertEquals([[...ranks.keys()], complete], [[2, 1], false]);
  assertEquals(await found(search, "news"), [6]);
});
