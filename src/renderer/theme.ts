/** Owns how Mantine's pieces look here: small, dense, one accent. Colours of surfaces are in base.css. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eef2ff',
  '#dde5fd',
  '#b8c8f7',
  '#90a8f0',
  '#6e8dea',
  '#567be6',
  '#4871e3',
  '#3a60ca',
  '#3155b5',
  '#2549a0',
];
const dark: MantineColorsTuple = [
  '#d5dae1',
  '#aab3bf',
  '#8893a1',
  '#5b6673',
  '#39424d',
  '#2b323b',
  '#1f252c',
  '#171b21',
  '#111419',
  '#0c0f13',
];

const small = { defaultProps: { size: 'xs' } };

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 7, // white on it reads at 5.5 to 1
  colors: { accent, dark },
  fontFamily: 'Inter, "Segoe UI", system-ui, -apple-system, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.45', xl: '1.4' },
  spacing: { xs: '6px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '3px', md: '4px', lg: '6px', xl: '8px' },
  defaultRadius: 'sm',
  headings: { fontWeight: '600', sizes: { h2: { fontSize: '15px' }, h3: { fontSize: '13px' } } },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs', variant: 'default' } },
    ActionIcon: { defaultProps: { size: 'md', variant: 'subtle', color: 'gray' } },
    TextInput: small,
    Textarea: small,
    NumberInput: small,
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'right', allowDeselect: false } },
    MultiSelect: small,
    TagsInput: small,
    Checkbox: small,
    Switch: small,
    Chip: small,
    SegmentedControl: small,
    Slider: { defaultProps: { size: 3, thumbSize: 13 } },
    RangeSlider: { defaultProps: { size: 3, thumbSize: 13 } },
    Tooltip: { defaultProps: { withArrow: true, multiline: true, maw: 320, openDelay: 250, fz: 12 } },
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
      },
    },
    Badge: { defaultProps: { size: 'sm', variant: 'light', radius: 'sm', tt: 'none', fw: 500 } },
  },
});
