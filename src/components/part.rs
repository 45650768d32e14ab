//! A piece of the panel whose type is erased.
//!
//! In a browser it is built at once: what is kept is only how to mount and unmount it, which costs less than the machinery
//! of Leptos' own erased views. Natively it is such a view, which renders HTML.

#[cfg(target_arch = "wasm32")]
pub use browser::{Mounted, Part, owned};
#[cfg(not(target_arch = "wasm32"))]
pub use native::Part;

use leptos::prelude::{AddAnyAttr, IntoView, Render, RenderHtml};
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Position, PositionState};

/// Erases the type of whatever renders.
pub trait IntoPart {
    /// The part.
    fn into_part(self) -> Part;
}

impl<T: IntoView + 'static> IntoPart for T {
    fn into_part(self) -> Part {
        Part::new(self)
    }
}

impl AddAnyAttr for Part {
    type Output<NewAttribute: Attribute> = Self;

    fn add_any_attr<NewAttribute: Attribute>(self, _: NewAttribute) -> Self {
        self
    }
}

impl RenderHtml for Part {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        html: &mut String,
        position: &mut Position,
        escapes: bool,
        marks_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.write_html(html, position, escapes, marks_branches, &attributes);
    }

    // Nothing is hydrated.
    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> Self::State {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::prelude::{IntoView, Mountable, Owner, Render};
    use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
    use leptos::tachys::renderer::types::{Element, Node};
    use leptos::tachys::view::Position;
    use send_wrapper::SendWrapper;

    /// A built piece of the panel.
    pub struct Part(SendWrapper<Mounted>);

    /// What can be put into the page and taken out of it.
    pub struct Mounted(Box<dyn Mountable>);

    impl Part {
        /// Builds a view.
        pub fn new(view: impl IntoView + 'static) -> Self {
            Self::built(view.build())
        }

        /// A part that is built already.
        pub fn built(state: impl Mountable + 'static) -> Self {
            Self(SendWrapper::new(Mounted(Box::new(state))))
        }

        /// Several parts, one after the other.
        #[must_use]
        pub fn all(parts: Vec<Self>) -> Self {
            Self::built(Several(parts.into_iter().map(Self::into_mounted).collect()))
        }

        /// The part, or nothing.
        #[must_use]
        pub fn maybe(part: Option<Self>) -> Self {
            part.unwrap_or_else(|| Self::built(()))
        }

        /// Nothing: in a browser nothing renders HTML.
        #[allow(clippy::unused_self, reason = "natively it renders")]
        pub(super) fn write_html(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: &[AnyAttribute]) {}

        /// What can be mounted.
        #[must_use]
        pub fn into_mounted(self) -> Mounted {
            self.0.take()
        }
    }

    /// Builds a part in an owner of its own: what it stores there is disposed of when both are dropped, and stays when the
    /// effect that builds it runs again. It is no child of another owner, which would count it for ever.
    pub fn owned(build: impl FnOnce() -> Option<Part>) -> Option<(Owner, Mounted)> {
        let owner = Owner::default();
        let part = owner.with(build)?;
        Some((owner, part.into_mounted()))
    }

    impl Mountable for Mounted {
        fn unmount(&mut self) {
            self.0.unmount();
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.0.mount(parent, marker);
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.0.insert_before_this(child)
        }

        fn elements(&self) -> Vec<Element> {
            self.0.elements()
        }
    }

    struct Several(Vec<Mounted>);

    impl Mountable for Several {
        fn unmount(&mut self) {
            self.0.iter_mut().for_each(Mountable::unmount);
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.0.iter_mut().for_each(|part| part.mount(parent, marker));
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.0.iter().any(|part| part.insert_before_this(child))
        }

        fn elements(&self) -> Vec<Element> {
            self.0.iter().flat_map(Mountable::elements).collect()
        }
    }

    impl Render for Part {
        type State = Mounted;

        fn build(self) -> Mounted {
            self.into_mounted()
        }

        fn rebuild(self, state: &mut Mounted) {
            let mut before = std::mem::replace(state, self.into_mounted());
            before.insert_before_this(state);
            before.unmount();
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use leptos::prelude::{AnyView, IntoAny, IntoView, Render, RenderHtml};
    use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
    use leptos::tachys::view::Position;

    /// A piece of the panel, to be rendered as HTML.
    pub struct Part(Vec<AnyView>);

    impl Part {
        /// A view.
        pub fn new(view: impl IntoView + 'static) -> Self {
            Self(vec![view.into_any()])
        }

        /// Several parts, one after the other.
        #[must_use]
        pub fn all(parts: Vec<Self>) -> Self {
            Self(parts.into_iter().flat_map(|part| part.0).collect())
        }

        /// The part, or nothing.
        #[must_use]
        pub fn maybe(part: Option<Self>) -> Self {
            part.unwrap_or(Self(Vec::new()))
        }

        pub(super) fn write_html(
            self,
            html: &mut String,
            position: &mut Position,
            escapes: bool,
            marks_branches: bool,
            attributes: &[AnyAttribute],
        ) {
            for view in self.0 {
                view.to_html_with_buf(html, position, escapes, marks_branches, attributes.to_vec());
            }
        }
    }

    impl Render for Part {
        type State = ();

        fn build(self) {}

        fn rebuild(self, (): &mut ()) {}
    }
}
