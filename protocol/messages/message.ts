import type { Infer, Schema } from "../schema.ts";

/** One kind of request and its reply. `type` is its name on the wire. */
export interface Message<Type extends string, Request, Reply> {
  readonly type: Type;
  readonly request: Schema<Request>;
  readonly reply: Schema<Reply>;
}

/** The body of a message's requests. */
export type RequestOf<M extends { request: Schema<unknown> }> = Infer<M["request"]>;

/** The body of a message's replies. */
export type ReplyOf<M extends { reply: Schema<unknown> }> = Infer<M["reply"]>;
