import { Button, type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const signal: MantineColorsTuple = [
  '#e2f3f8',
  '#c9e8f0',
  '#9fd2e0',
  '#6fbdd1',
  '#5fcbe5',
  '#2a98b5',
  '#0f809e',
  '#006a86',
  '#00566d',
  '#004256',
];

const dark: MantineColorsTuple = [
  '#e4eaf0',
  '#b9c5d1',
  '#98a6b5',
  '#6f7e8d',
  '#2c3743',
  '#232d38',
  '#1a222b',
  '#131920',
  '#0e1318',
  '#0a0e12',
];

export const theme = createTheme({
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, Menlo, Consolas, monospace',
  colors: { signal, dark },
  primaryColor: 'signal',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'sm',
  radius: { xs: '3px', sm: '5px', md: '8px', lg: '12px', xl: '20px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '12px', sm: '14px', md: '15px', lg: '17px', xl: '20px' },
  components: {
    // Mantine judges contrast by the light scheme's shade alone; ours differs in the dark.
    Button: Button.extend({
      vars: (_, { color, variant = 'filled' }) => ({
        root: variant === 'filled' && !color ? { '--button-color': 'var(--a-on-accent)' } : {},
      }),
    }),
    Tooltip: { defaultProps: { openDelay: 150, multiline: true } },
    Notification: {
      defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } },
      styles: { description: { color: 'var(--a-dim)' } },
    },
    Modal: { defaultProps: { centered: true, radius: 'md', overlayProps: { backgroundOpacity: 0.5 } } },
    Drawer: { defaultProps: { position: 'right', overlayProps: { backgroundOpacity: 0.35 } } },
  },
});

/** Hands our tokens to Mantine, so that a component of the kit and one of ours cannot differ in colour. */
export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--a-surface)',
    '--mantine-color-text': 'var(--a-text)',
    '--mantine-color-dimmed': 'var(--a-dim)',
    '--mantine-color-placeholder': 'var(--a-dim)',
    '--mantine-color-default': 'var(--a-surface)',
    '--mantine-color-default-hover': 'var(--a-sunken)',
    '--mantine-color-default-color': 'var(--a-text)',
    '--mantine-color-default-border': 'var(--a-line-strong)',
    '--mantine-color-anchor': 'var(--a-accent)',
    '--mantine-color-error': 'var(--a-bad)',
    '--mantine-primary-color-contrast': 'var(--a-on-accent)',
  };
  return { variables: {}, light: shared, dark: shared };
};
