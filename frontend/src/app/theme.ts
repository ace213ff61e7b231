import {
  Button,
  createTheme,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  Drawer,
  mergeMantineTheme,
  Modal,
  Tooltip,
  type MantineColorsTuple,
} from "@mantine/core";

const tide: MantineColorsTuple = [
  "#e6f4f4", "#c9e6e7", "#9fd0d1", "#71b8ba", "#4aa3a6", "#2b9195", "#1a7f84", "#0d6e74", "#0a5a5f", "#07474b",
];
const ink: MantineColorsTuple = [
  "#e8eef1", "#b4c2c9", "#93a4ad", "#6f828c", "#3f505a", "#27343b", "#1c272d", "#151e23", "#0e1519", "#0a1013",
];

/** The <header> of a dialog would be a second banner of the page. */
const NO_BANNER = { header: { role: "presentation" } };

const override = createTheme({
  colors: { tide, dark: ink },
  primaryColor: "tide",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "var(--hw-font)",
  fontFamilyMonospace: "var(--hw-mono)",
  headings: { fontFamily: "var(--hw-font)", fontWeight: "600" },
  defaultRadius: "md",
  cursorType: "pointer",
  components: {
    // Scroll locking writes a <style> tag, which the content security policy forbids.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, closeButtonProps: { "aria-label": "Close" }, attributes: NO_BANNER } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, attributes: NO_BANNER } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: false, multiline: true, maw: 420 } }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
  },
});

export const theme = override;

/**
 * The style sheet that Mantine would write into a <style> tag at run time. The policy forbids such tags,
 * so it is a file of the build instead; a test compares the file with this text.
 */
export function mantineVariables(): string {
  const own = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, override));
  const standard = defaultCssVariablesResolver(DEFAULT_THEME);
  const rows = (mine: Record<string, string>, theirs: Record<string, string>) =>
    Object.entries(mine).filter(([name, value]) => theirs[name] !== value).map(([name, value]) => `  ${name}: ${value};\n`).join("");
  return [
    `:root {\n${rows(own.variables, standard.variables)}}\n`,
    `:root[data-mantine-color-scheme="light"] {\n${rows(own.light, standard.light)}}\n`,
    `:root[data-mantine-color-scheme="dark"] {\n${rows(own.dark, standard.dark)}}\n`,
  ].join("\n");
}
