// Which of two versions is the newer: the precedence of Semantic Versioning 2.0.0, section 11.

const FORM = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

export function isVersion(text: string): boolean {
  return FORM.test(text);
}

/** Negative: `a` is older. Throws a RangeError for what is no version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = Number(left.core[i]) - Number(right.core[i]);
    if (difference !== 0) return difference;
  }
  // A release is newer than what led to it.
  if (left.before === undefined || right.before === undefined) {
    return Number(left.before === undefined) - Number(right.before === undefined);
  }
  return compareIdentifiers(left.before.split("."), right.before.split("."));
}

function parts(version: string): { core: readonly string[]; before: string | undefined } {
  const [, major = "", minor = "", patch = "", before] = FORM.exec(version) ?? [];
  if (major === "") throw new RangeError(`${version} is no version`);
  return { core: [major, minor, patch], before };
}

function compareIdentifiers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [left = "", right = ""] = [a[i], b[i]];
    if (left === right) continue;
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber && rightNumber) return Number(left) - Number(right);
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}
