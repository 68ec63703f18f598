import type { View } from '../view.ts'
import { droppedFiles, picturesByFolder, picturesFor } from './files.ts'
import { TrainPanel } from './panel.tsx'
import { freeLabel, learn } from './state.ts'

export const trainView: View = {
  id: 'train',
  title: 'Train your own',
  Panel: TrainPanel,
  showsPicture: false,
  drop: {
    invitation: 'Drop a folder for each class, or pictures on a class',
    take(data, target) {
      const label = target instanceof Element && target.closest<HTMLElement>('[data-class]')
      void droppedFiles(data).then((found) =>
        learn(
          label ? picturesFor(label.dataset.class!, found) : picturesByFolder(found, freeLabel()),
        ),
      )
    },
  },
}
