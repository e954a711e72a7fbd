/** Sizes, dates and lists of names as people read them. */

/** `999 B`, `1.2 kB`, `34 kB`, `1.0 MB`: decimal units, two digits at least from kB on. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = "kB";
  for (const larger of ["MB", "GB"]) {
    // 999.5 kB would be rounded up to "1000 kB".
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/**
 * `2026-11-23 19:17` in local time.
 *
 * @param iso ISO 8601. What is no date is given back as it is.
 */
export function formatDate(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** User names from one answer: separated by `;`, `,` or blanks. */
export function splitRecipients(text: string): string[] {
  return text.split(/[;,\s]+/).filter((name) => name !== "");
}
