// Style sheets are imported as text: import style from "./page.css" with { type: "text" }.
declare module "*.css" {
  const text: string;

  export = text;
}
