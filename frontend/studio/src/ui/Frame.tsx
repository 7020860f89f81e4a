import { useLingui } from "@lingui/react";
import { ActionIcon, AppShell, Burger, Button, Group, Kbd, Menu, Text, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { mayReview } from "../operator/session.model.ts";
import { LanguageMenu, SchemeMenu } from "./Choices.tsx";
import classes from "./Frame.module.css";
import { ContestIcon, LaurelMark, PersonIcon, PulseIcon, ReviewIcon, SearchIcon } from "./icons.tsx";
import { RoomNavLink } from "./links.tsx";

interface FrameProps {
  readonly operatorName: string;
  readonly roles: readonly string[];
  readonly serverVersion: string;
  readonly onSearch: () => void;
  readonly onSignOut: () => void;
  readonly children: ReactNode;
}

/** What is around every room: skip link, head with search and choices, navigation, main part. */
export function Frame({ operatorName, roles, serverVersion, onSearch, onSignOut, children }: FrameProps) {
  const { i18n } = useLingui();
  const [opened, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 208, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "md", md: "xl" }}
    >
      <a className={classes.skip} href="#main">
        {i18n.t("Skip to the content")}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={i18n.t("Navigation")}
              aria-expanded={opened}
              aria-controls="rooms"
            />
            <LaurelMark />
            <Text fw={700} fz="lg" visibleFrom="xs" lts={0.2}>
              Laurel
            </Text>
          </Group>
          <Tools operatorName={operatorName} roles={roles} onSearch={onSearch} onSignOut={onSignOut} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        id="rooms"
        p="sm"
        className={classes.navbar}
        data-opened={opened || undefined}
        aria-label={i18n.t("Rooms")}
      >
        <Rooms roles={roles} onGo={close} />
        <Text size="xs" c="dimmed" px="sm">
          <bdi dir="ltr">Laurel {serverVersion}</bdi>
        </Text>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <div className={classes.content}>{children}</div>
      </AppShell.Main>
    </AppShell>
  );
}

/** The right-hand end of the head: search, language, colours, and who is signed in. */
function Tools({
  operatorName,
  roles,
  onSearch,
  onSignOut,
}: Pick<FrameProps, "operatorName" | "roles" | "onSearch" | "onSignOut">) {
  const { i18n } = useLingui();
  return (
    <Group gap={4} wrap="nowrap">
      <Button
        variant="default"
        size="sm"
        leftSection={<SearchIcon size={16} />}
        rightSection={<Kbd size="xs">Ctrl K</Kbd>}
        onClick={onSearch}
        visibleFrom="sm"
        me="xs"
      >
        {i18n.t("Go to…")}
      </Button>
      <ActionIcon
        hiddenFrom="sm"
        variant="subtle"
        color="gray"
        c="var(--mantine-color-text)"
        size="lg"
        aria-label={i18n.t("Go to…")}
        onClick={onSearch}
      >
        <SearchIcon />
      </ActionIcon>
      <LanguageMenu />
      <SchemeMenu />
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            c="var(--mantine-color-text)"
            px="xs"
            leftSection={<PersonIcon />}
          >
            <VisuallyHidden>{i18n.t("Signed in as")} </VisuallyHidden>
            <bdi>{operatorName}</bdi>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label c="dimmed">{i18n.t("Roles: {roles}", { roles: roles.join(", ") })}</Menu.Label>
          <Menu.Item onClick={onSignOut}>{i18n.t("Sign out")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

/** The way to each room. */
function Rooms({ roles, onGo }: { readonly roles: readonly string[]; readonly onGo: () => void }) {
  const { i18n } = useLingui();
  return (
    <AppShell.Section grow>
      <RoomNavLink
        to="/"
        activeOptions={{ exact: true, includeSearch: false }}
        activeProps={{ active: true }}
        label={i18n.t("Pulse")}
        leftSection={<PulseIcon />}
        onClick={onGo}
        className={classes.room}
      />
      <RoomNavLink
        to="/contests"
        activeOptions={{ includeSearch: false }}
        activeProps={{ active: true }}
        label={i18n.t("Contests")}
        leftSection={<ContestIcon />}
        onClick={onGo}
        className={classes.room}
      />
      {mayReview(roles) ? (
        <RoomNavLink
          to="/events"
          activeOptions={{ includeSearch: false }}
          activeProps={{ active: true }}
          label={i18n.t("Events to review")}
          leftSection={<ReviewIcon />}
          onClick={onGo}
          className={classes.room}
        />
      ) : null}
    </AppShell.Section>
  );
}
