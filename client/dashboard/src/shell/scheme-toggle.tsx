import { ActionIcon, type MantineColorScheme, Tooltip, useMantineColorScheme } from '@mantine/core';
import { Moon, Sun, SunMoon } from 'lucide-react';

const order: MantineColorScheme[] = ['auto', 'light', 'dark'];
const names: Record<MantineColorScheme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };
const icons = { auto: SunMoon, light: Sun, dark: Moon };

/** Goes round: as the system, light, dark. */
export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] as MantineColorScheme;
  const Icon = icons[colorScheme];
  return (
    <Tooltip label={`Colours: ${names[colorScheme]}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={() => setColorScheme(next)}
        aria-label={`Colours are ${names[colorScheme]}; change to ${names[next]}`}
      >
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
