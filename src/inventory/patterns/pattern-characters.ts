import type { AST } from '@eslint-community/regexpp'
import { badPattern } from '../../errors.ts'
import { foldCase } from './case-folding.ts'
import { type CharacterSet, complement, range, union } from './code-points.ts'

export const unsupported = (construct: string) => badPattern(`${construct} cannot be used`)

type Characters = Exclude<
  AST.QuantifiableElement,
  AST.Group | AST.CapturingGroup | AST.LookaheadAssertion | AST.Backreference
>

/** The characters that a node which matches one character matches. */
export function charactersOf(node: Characters | AST.CharacterClassElement, ignoreCase: boolean): CharacterSet {
  const fold = (set: CharacterSet) => (ignoreCase ? foldCase(set) : set)
  switch (node.type) {
    case 'Character':
      return fold(range(node.value))
    case 'CharacterClassRange':
      return fold(range(node.min.value, node.max.value))
    case 'CharacterClass': {
      const set = union(...node.elements.map((element) => charactersOf(element, ignoreCase)))
      return node.negate ? complement(set) : set
    }
    case 'CharacterSet': {
      const set = CHARACTER_SETS[node.kind as keyof typeof CHARACTER_SETS]
      if (!set) throw unsupported(`the property escape ${node.raw}`)
      return 'negate' in node && node.negate ? complement(set) : set
    }
    default:
      throw unsupported(node.raw)
  }
}

const CHARACTER_SETS = {
  any: complement(range(0x0a)),
  digit: range(0x30, 0x39),
  word: union(range(0x30, 0x39), range(0x41, 0x5a), range(0x5f), range(0x61, 0x7a)),
  space: union(range(0x09, 0x0d), range(0x20)),
}
