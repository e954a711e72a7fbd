/** "Did you mean": the known word that a mistyped one is closest to. */

/**
 * Number of single edits between two words: a character put in, left out, replaced, or two
 * neighbours swapped (optimal string alignment distance).
 */
export function editDistance(from: string, to: string): number {
  const a = [...from];
  const b = [...to];
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + replaced,
      );
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, beforeLast[column - 2]! + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/**
 * The word of `known` that was most likely meant, or undefined when none is close: at most one
 * edit for every three characters typed (at least one), or the only one that begins with it.
 */
export function closestWord(typed: string, known: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  // Longer words are not worth the quadratic comparison: nothing that we know is so long.
  if (word.length === 0 || word.length > 40) return undefined;
  const beginning = known.filter((candidate) => candidate.startsWith(word));
  if (beginning.length === 1) return beginning[0];
  const limit = Math.max(1, Math.floor(word.length / 3));
  let closest: string | undefined;
  let distance = limit + 1;
  for (const candidate of known) {
    const candidateDistance = editDistance(word, candidate);
    if (candidateDistance < distance) {
      distance = candidateDistance;
      closest = candidate;
    }
  }
  return closest;
}
