import Ownership
import Store

extension Store: LeaseStore {}
