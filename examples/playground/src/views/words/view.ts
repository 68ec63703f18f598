import { take } from '../../state/take.ts'
import { droppedFiles } from '../train/files.ts'
import type { View } from '../view.ts'
import { WordsPanel } from './panel.tsx'
import { look, takeVocabulary } from './state.ts'

/** What a vocabulary is called: `vocab.txt`, `merges.txt`, `spiece.model`, `tokenizer.json`, `LiT-B16B.txt`. */
const isVocabulary = ({ name }: File) =>
  /\.(txt|model|txt\.gz)$|^tokenizer\.json$/.test(name) && !/^(readme|license)/i.test(name)

/** Of a repository's folder, what the page has no use for. */
const isBeside = ({ name }: File) => /\.(json|md|txt|model|gz|py|yaml)$|^\./.test(name)

export const wordsView: View = {
  id: 'words',
  title: 'Your words',
  Panel: WordsPanel,
  showsPicture: true,
  look,
  drop: {
    invitation: 'Drop pictures, a checkpoint, or its vocabulary',
    take(data) {
      void droppedFiles(data).then(async (found) => {
        const files = found.map(({ file }) => file)
        const vocabulary = files.find(isVocabulary)
        if (vocabulary) await takeVocabulary(vocabulary)
        take(files.filter((file) => !isBeside(file)))
      })
    },
  },
}
