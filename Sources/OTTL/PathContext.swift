import Hashing
import OTLP
import Primitives
import RegularExpressions

/// The kinds of things that an expression is about, each with paths of its own. (OTTL: contexts)
package enum PathContext: String, CaseIterable, Sendable {
    case resource, scope, span, spanevent, metric, datapoint, log
}
