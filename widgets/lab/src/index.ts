import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry, IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';

import { ServeButton, addCommands, loadExtension } from './commands';
import { Feed } from './feed';
import { CellLanguages } from './language';
import { WorkspacePanel } from './panel';

const DOMAIN = 'motadata_nb';

const icon = new LabIcon({
  name: 'motadata-nb:icon',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">' +
    '<g class="jp-icon3" stroke="#616161" stroke-width="1.8" style="fill:none">' +
    '<path d="M5 4h10l4 4v12H5z"/><circle cx="11.5" cy="12.5" r="3"/><path d="m13.8 14.8 2.7 2.7"/></g></svg>'
});

const cells: JupyterFrontEndPlugin<void> = {
  id: 'motadata-nb-lab:cells',
  description: 'Shows motadata_nb cells in the language of their body.',
  autoStart: true,
  requires: [IEditorExtensionRegistry, IEditorLanguageRegistry],
  activate: (_: JupyterFrontEnd, extensions: IEditorExtensionRegistry, languages: IEditorLanguageRegistry) => {
    extensions.addExtension(new CellLanguages(languages).factory());
  }
};

const workspace: JupyterFrontEndPlugin<void> = {
  id: 'motadata-nb-lab:plugin',
  description: 'The workspace panel, commands, launcher tiles and the "serve as app" button.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ITranslator, ICommandPalette, ILauncher, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const feed = new Feed();
    const follow = () => {
      feed.attach(tracker.currentWidget?.sessionContext.session?.kernel ?? null);
    };
    tracker.currentChanged.connect((_, panel) => {
      follow();
      panel?.sessionContext.kernelChanged.connect(follow);
    });
    const panel = new WorkspacePanel({
      feed,
      icon,
      trans,
      current: () => tracker.currentWidget,
      load: () => {
        if (tracker.currentWidget) {
          void loadExtension(tracker.currentWidget);
        }
      }
    });
    app.shell.add(panel, 'left', { rank: 650 });
    restorer?.add(panel, panel.id);
    addCommands({
      app,
      tracker,
      trans,
      icon,
      palette,
      launcher,
      first: section => feed.snapshot?.sections.find(found => found.id === section)?.items[0]?.name ?? ''
    });
    if (settings) {
      void settings.load(workspace.id).then(
        loaded => {
          if (loaded.get('serveButton').composite as boolean) {
            app.docRegistry.addWidgetExtension('Notebook', new ServeButton(trans, icon));
          }
        },
        error => console.error('motadata_nb: its settings cannot be read', error)
      );
    }
  }
};

export default [cells, workspace];
