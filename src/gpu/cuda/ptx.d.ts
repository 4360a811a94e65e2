// PTX is imported as text: import ptx from "./kernels.ptx" with { type: "text" }.
declare module "*.ptx" {
  const text: string;

  export = text;
}
