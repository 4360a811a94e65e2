// Makes what is shown: words from outside become text, never markup.

export type Attributes = Readonly<Record<string, string | number | undefined>>;
export type Child = Node | string;

export function element(name: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const made = document.createElement(name);
  fill(made, attributes, children);
  return made;
}

export function svg(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(made, attributes, children);
  return made;
}

function fill(made: Element, attributes: Attributes, children: Child[]): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children);
}

/** Words in which `this` is something to type. */
export function words(text: string): Child[] {
  return text.split("`").map((part, at) => (at % 2 === 1 ? element("code", {}, part) : part));
}

/** One that page.html has. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

const shown = new WeakMap<Element, string>();

/** Draws anew only what has changed: who reads or selects in it is left alone. */
export function show(host: Element, facts: unknown, draw: () => Child[]): void {
  const now = JSON.stringify(facts);
  if (shown.get(host) === now) return;
  shown.set(host, now);
  host.replaceChildren(...draw());
}
