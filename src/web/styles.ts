/**
 * Style sheets, in the order in which later ones may win: the palette (src/chart/palette.ts, written out by vite.config.ts), the parts of
 * Mantine the first page needs, then ours. What only one page uses is imported there and travels with its chunk.
 */
import 'virtual:palette.css';
import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import '@mantine/core/styles/UnstyledButton.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/Popover.css';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Drawer.css';
import '@mantine/core/styles/Menu.css';
import '@mantine/core/styles/Input.css';
import './base.css';
