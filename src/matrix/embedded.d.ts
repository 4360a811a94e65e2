// What the bundler makes of a file that is embedded: its path.
declare module "*.bin" {
  const path: string;
  export = path;
}
