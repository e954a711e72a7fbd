#!/bin/sh
# mailsec @VERSION@ for @TARGET@: a self-extracting executable. This head is followed by a
# compressed archive of the Deno runtime and the mailsec program. The first start unpacks it to the
# user's cache, in a folder named after its content and open to its owner only; every start runs it
# from there with the permissions listed at the end. It never removes what it did not make itself.
set -eu

id=@ID@
name=@VERSION@-@SHORT_ID@

fail() {
  echo "mailsec: $1" >&2
  exit 1
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# True when the files in folder $1 are exactly those this executable was built from.
is_intact() (
  cd "$1" && [ "$(sha256 <SHA256SUMS | cut -c 1-64)" = "$id" ] &&
    sha256 -c SHA256SUMS >/dev/null 2>&1
)

# Unpacks next to the final folder and renames, so that no start ever sees half of it. Of two that
# start at once the later one finds the name taken: its copy lands inside and is removed again.
unpack() (
  umask 077
  fresh=$(mkdir -p "$cache" && mktemp -d "$cache/unpack.XXXXXXXX") ||
    fail "cannot unpack to \"$cache\" (set XDG_CACHE_HOME to a folder of yours)"
  trap 'rm -rf "$fresh"' EXIT
  trap 'exit 1' HUP INT TERM
  tail -n +@HEAD_LINES@ "$0" | gzip -dc | tar -xf - -C "$fresh"
  is_intact "$fresh" || fail "\"$0\" is damaged: its content does not match its checksum"
  mv "$fresh" "$cache/$name"
  rm -rf "${cache:?}/$name/${fresh##*/}"
)

# The user's cache, or where there is none that can be written, a folder of her own in /tmp.
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}/mailsec
if ! [ -x "$cache/$name/deno" ] &&
  { [ "$cache" = /mailsec ] || ! (umask 077; mkdir -p "$cache" && [ -w "$cache" ]) 2>/dev/null; }; then
  cache=${TMPDIR:-/tmp}/mailsec-$(id -u)
fi
[ -x "$cache/$name/deno" ] || unpack || exit 1
if ! [ -O "$cache/$name/deno" ] || ! [ -O "$cache" ]; then
  fail "\"$cache\" belongs to another user"
fi

export DENO_DIR="$cache/deno" DENO_NO_UPDATE_CHECK=1
exec "$cache/$name/deno" run --quiet --no-prompt --no-config --no-lock --no-remote --no-npm \
  @FLAGS@ \
  "$cache/$name/main.js" "$@"
