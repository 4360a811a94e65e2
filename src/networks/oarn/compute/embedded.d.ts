// What the bundler makes of a file that is embedded: its path.
declare module "*.wasm" {
  const path: string;
  export = path;
}
