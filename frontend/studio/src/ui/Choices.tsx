import { useLingui } from "@lingui/react";
import { ActionIcon, Menu, useDirection, useMantineColorScheme } from "@mantine/core";
import { activateLocale, currentLocale, type Locale, locales, rememberLocale } from "../i18n.ts";
import { AutoIcon, CheckIcon, LanguageIcon, MoonIcon, SunIcon } from "./icons.tsx";

const localeNames = Object.entries(locales) as [Locale, (typeof locales)[Locale]][];

/** Changes the language at once, with the direction it reads in. */
export function useChooseLocale(): (locale: Locale) => void {
  const { setDirection } = useDirection();
  return (locale) => {
    rememberLocale(locale);
    setDirection(locales[locale].direction);
    void activateLocale(locale);
  };
}

/** A menu of languages, each written in itself. */
export function LanguageMenu() {
  const { i18n } = useLingui();
  const choose = useChooseLocale();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          c="var(--mantine-color-text)"
          aria-label={i18n.t("Language")}
        >
          <LanguageIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {localeNames.map(([locale, { name }]) => (
          <Menu.Item
            key={locale}
            lang={locale}
            onClick={() => choose(locale)}
            rightSection={currentLocale() === locale ? <CheckIcon size={14} /> : null}
            aria-current={currentLocale() === locale ? "true" : undefined}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A menu of colour schemes. */
export function SchemeMenu() {
  const { i18n } = useLingui();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes = [
    { value: "light", name: i18n.t("Light"), icon: <SunIcon size={16} /> },
    { value: "dark", name: i18n.t("Dark"), icon: <MoonIcon size={16} /> },
    { value: "auto", name: i18n.t("As the system"), icon: <AutoIcon size={16} /> },
  ] as const;
  const current = schemes.find(({ value }) => value === colorScheme) ?? schemes[2];
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          c="var(--mantine-color-text)"
          aria-label={i18n.t("Colour scheme")}
        >
          {current.icon}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(({ value, name, icon }) => (
          <Menu.Item
            key={value}
            leftSection={icon}
            onClick={() => setColorScheme(value)}
            rightSection={colorScheme === value ? <CheckIcon size={14} /> : null}
            aria-current={colorScheme === value ? "true" : undefined}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
