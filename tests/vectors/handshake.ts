/** A second implementation of docs/protocol.md, sections 4 to 6. See primitives.ts. */
import { gcm } from "@noble/ciphers/aes.js";
import {
  gcmSeal,
  hkdf,
  hmac,
  join,
  lp8,
  type Raw,
  sha512,
  text,
  u16,
  u32,
  u64,
  u8,
  zeros,
} from "./primitives.ts";
import { uint } from "./primitives.ts";

/** A frame (section 4) around a body. */
export function frame(type: number, body: Raw): Raw {
  return join(u8(type), uint(3, body.length), body);
}

/** What a frame of this type carries. Throws when it is another one. */
export function bodyOf(type: number, framed: Raw): Raw {
  const body = framed.slice(4);
  if (frame(type, body).toHex() !== framed.toHex()) throw new Error(`not a frame of type ${type}`);
  return body;
}

/** The symmetric state of section 5. */
export class State {
  #h: Raw;
  #ck: Raw;
  #k = zeros(0);
  #n = 0;

  constructor(serverRecord: Raw) {
    this.#h = sha512(text("mailsec/1 pqXK XWing MLKEM768-RSA3072 AES256GCM SHA512"));
    this.#ck = this.#h;
    this.mixHash("prologue", sha512(serverRecord));
  }

  mixHash(label: string, d: Raw): void {
    this.#h = sha512(join(this.#h, lp8(label), u32(d.length), d));
  }

  mixKey(label: string, s: Raw): void {
    const okm = hkdf(s, join(`mailsec/1 ${label}\0`, this.#h), 96, this.#ck);
    this.#ck = okm.slice(0, 64);
    this.#k = okm.slice(64);
    this.#n = 0;
  }

  seal(p: Raw): Raw {
    const c = gcmSeal(this.#k, this.#nonce(), p, this.#h);
    this.mixHash("ct", c);
    return c;
  }

  open(c: Raw): Raw {
    const p = new Uint8Array(gcm(this.#k, this.#nonce(), this.#h).decrypt(c));
    this.mixHash("ct", c);
    return p;
  }

  /** What M7 and M8 carry. */
  mac(label: "fin-c" | "fin-s"): Raw {
    const key = hkdf(zeros(0), join(`mailsec/1 ${label}\0`, this.#h), 64, this.#ck);
    return hmac(sha512, key, this.#h);
  }

  /** Secret client→server, secret server→client, exporter. */
  split(): [Raw, Raw, Raw] {
    const okm = hkdf(zeros(0), join("mailsec/1 traffic\0", this.#h), 192, this.#ck);
    return [okm.slice(0, 64), okm.slice(64, 128), okm.slice(128)];
  }

  #nonce(): Raw {
    return join(u32(0), u64(this.#n++));
  }
}

/** The sending half of one direction (section 6). */
export class Records {
  #secret: Raw;
  #counter = 0;

  constructor(secret: Raw) {
    this.#secret = secret;
  }

  /** One record; content and zeros fill 256, 1 Ki, 4 Ki or 16 Ki bytes. */
  record(type: number, content: Raw): Raw {
    const length = [256, 1024, 4096, 16_384].find((each) => each >= content.length)!;
    const inner = join(content, u8(type), zeros(length - content.length));
    const size = u16(inner.length + 16);
    const key = hkdf(this.#secret, "mailsec/1 key\0", 32);
    const iv = hkdf(this.#secret, "mailsec/1 iv\0", 12);
    const counter = join(u32(0), u64(this.#counter++));
    return join(size, gcmSeal(key, iv.map((byte, i) => byte ^ counter[i]!), inner, size));
  }

  /** KEY_UPDATE, and the next key. */
  update(): Raw {
    const record = this.record(3, zeros(0));
    this.#secret = hkdf(this.#secret, "mailsec/1 rekey\0", 64);
    this.#counter = 0;
    return record;
  }
}
