import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { canonical } from '../../src/text/cleaning/canonical.ts'
import { fixText } from '../../src/text/cleaning/fix-text.ts'
import { openClipCleanings } from '../../src/text/cleaning/open-clip.ts'

// The expected texts are those of ftfy 6.3.1, and of open_clip 3.3.0 with it.

const fixed: readonly (readonly [text: string, wanted: string])[] = [
  ['plain text', 'plain text'],
  ['“a” ‘b’ „c‟ ʼn', `"a" 'b' "c" 'n`],
  ['ﬁne ﬂow oﬀer ﬅop Ǆ ŉ', "fine flow offer ſtop DŽ 'n"],
  ['Ｆｕｌｌ　ｗｉｄｔｈ！', 'Full width!'],
  ['ｶﾞｷﾞ ﾊﾟ', 'ガギ パ'],
  ['a\r\nb\rc\u2028d\u0085e', 'a\nb\nc\nd…e'],
  ['\0null\x07bell\ufeff\ufffc', 'nullbell'],
  ['\x1b[36;44mred\x1b[0m', 'red'],
  ['e\u0301', 'é'],
  ['&lt;b&gt; &eacute; &NTILDE; &#233; &nope; &ldquo;x&rdquo;', '<b> é Ñ é &nope; "x"'],
  ['<b> &amp;', '<b> &amp;'],
  ['\x93quoted\x94', '"quoted"'],
  ['cafÃ© â€œhiâ€\x9d', 'café "hi"'],
  ['âœ” ðŸ˜€ Â£5', '✔ 😀 £5'],
  ['ÃƒÂ©', 'é'],
  ['ÐŸÑ€Ð¸Ð²ÐµÑ‚', 'Привет'],
  ['ä½\xa0å¥½', '你好'],
  ['NESTLÉ® café – ½ Straße', 'NESTLÉ® café – ½ Straße'],
  ['Voilà “x” é”—', 'Voilà "x" é"—'],
]

test('texts are mended as ftfy mends them', () => {
  for (const [text, wanted] of fixed) {
    assert.is(fixText(text), wanted, JSON.stringify(text))
  }
})

test('captions are cleaned as open_clip cleans them', () => {
  const { lower, whitespace, canonicalize } = openClipCleanings
  assert.is(lower('  A&amp;amp;B \n &lt;i&gt; ΟΔΟΣ '), 'a&b <i> οδος')
  assert.is(whitespace(' A\u3000\tB&nbsp;'), 'A B')
  assert.is(lower('&copy1 &hellip;'), '©1 …')
  assert.is(canonicalize('A_big “CAT”; don’t!'), 'a big cat dont')
})

test('SigLIP’s form of a text has small letters, no punctuation, single spaces', () => {
  assert.is(canonical(' It’s A_big\t\x1cCAT, (2.5)! '), 'it’s abig cat 25')
  assert.is(canonical('!?'), '')
})

test.run()
