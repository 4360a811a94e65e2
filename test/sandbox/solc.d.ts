// The one function of solc's JavaScript build that the sandbox calls; the package has no types.
declare module "solc" {
  /** Standard JSON in and out: https://docs.soliditylang.org/en/latest/using-the-compiler.html */
  export function compile(input: string): string;
}
