// Light or dark: as the system says, or as was chosen here; remembered by this browser.
const KEY = "fxn-theme";

export function themeSwitch(): void {
  const choices = document.querySelectorAll<HTMLInputElement>("input[name=theme]");
  const kept = stored();
  for (const choice of choices) {
    choice.checked = choice.value === kept;
    choice.addEventListener("change", () => {
      if (!choice.checked) return;
      apply(choice.value);
      try {
        localStorage.setItem(KEY, choice.value);
      } catch {
        // A browser that keeps nothing for us: it holds until the page is closed.
      }
    });
  }
  apply(kept);
}

function apply(theme: string): void {
  document.documentElement.dataset.theme = theme;
}

function stored(): string {
  try {
    const kept = localStorage.getItem(KEY) ?? "";
    return ["light", "dark"].includes(kept) ? kept : "auto";
  } catch {
    return "auto";
  }
}
